{#- Grain: one row per ad seen or clicked, accepted. -#}
with

raw_ad_interactions as (
    select * from {{ ref('base_marketing__ad_interactions') }}
),

accepted as (
    select
        raw_ad_interactions.event_id,
        raw_ad_interactions.occurred_at,
        raw_ad_interactions.anonymous_id,
        raw_ad_interactions.event_name,
        raw_ad_interactions.customer_id,
        raw_ad_interactions.platform,
        raw_ad_interactions.campaign_id,
        raw_ad_interactions.cost
    from raw_ad_interactions
    where raw_ad_interactions.row_status = 'accepted'
)

select * from accepted
