{#- Grain: one row per campaign, accepted. -#}
with

raw_campaigns as (
    select * from {{ ref('base_marketing__campaigns') }}
),

accepted as (
    select
        raw_campaigns.campaign_id,
        raw_campaigns.name,
        raw_campaigns.channel,
        raw_campaigns.objective,
        raw_campaigns.started_at,
        raw_campaigns.ended_at,
        raw_campaigns.offer
    from raw_campaigns
    where raw_campaigns.row_status = 'accepted'
)

select * from accepted
