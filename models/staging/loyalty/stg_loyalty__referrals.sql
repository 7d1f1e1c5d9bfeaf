{#- Grain: one row per referral, accepted. -#}
with

raw_referrals as (
    select * from {{ ref('base_loyalty__referrals') }}
),

accepted as (
    select
        raw_referrals.referral_id,
        raw_referrals.referrer_customer_id,
        raw_referrals.referred_at,
        raw_referrals.referee_customer_id,
        raw_referrals.converted_at
    from raw_referrals
    where raw_referrals.row_status = 'accepted'
)

select * from accepted
