{#- Grain: one row per campaign's day on a platform, accepted. -#}
with

raw_ad_spend as (
    select * from {{ ref('base_marketing__ad_spend') }}
),

accepted as (
    select
        raw_ad_spend.spend_date,
        raw_ad_spend.platform,
        raw_ad_spend.campaign_id,
        raw_ad_spend.cost,
        raw_ad_spend.impressions,
        raw_ad_spend.clicks,
        raw_ad_spend.currency
    from raw_ad_spend
    where raw_ad_spend.row_status = 'accepted'
)

select * from accepted
