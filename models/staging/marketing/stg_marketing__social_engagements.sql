{#- Grain: one row per social engagement, accepted. -#}
with

raw_social_engagements as (
    select * from {{ ref('base_marketing__social_engagements') }}
),

accepted as (
    select
        raw_social_engagements.event_id,
        raw_social_engagements.occurred_at,
        raw_social_engagements.platform,
        raw_social_engagements.engagement_type,
        raw_social_engagements.customer_id,
        raw_social_engagements.anonymous_id,
        raw_social_engagements.sentiment,
        raw_social_engagements.reach,
        raw_social_engagements.is_community
    from raw_social_engagements
    where raw_social_engagements.row_status = 'accepted'
)

select * from accepted
