{#-
    Grain: one row per review, loyalty event and side of a referral. The invited person
    is known from the day on which the invitation worked.
-#}
{{ config(materialized='view') }}
with

reviews as (
    select
        'reviews:' || reviews.review_id as interaction_id,
        'reviews' as source,
        case
            when reviews.rating >= 4 then 'review_positive'
            when reviews.rating is null and reviews.is_testimonial
                then 'review_positive'
            when reviews.rating <= 2 then 'review_negative'
            else 'review_neutral'
        end as event_name,
        reviews.posted_at as occurred_at,
        reviews.customer_id,
        reviews.product_id,
        'reviews' as channel_word
    from {{ ref('stg_loyalty__reviews') }} as reviews
),

loyalty_events as (
    select
        'loyalty_events:' || loyalty.event_id as interaction_id,
        'loyalty_events' as source,
        loyalty.event_name,
        loyalty.occurred_at,
        loyalty.customer_id,
        cast(null as varchar) as product_id,
        'loyalty' as channel_word
    from {{ ref('stg_loyalty__loyalty_events') }} as loyalty
),

referrals as (
    select
        'referrals:' || referrals.referral_id as interaction_id,
        'referrals' as source,
        'referral_made' as event_name,
        referrals.referred_at as occurred_at,
        referrals.referrer_customer_id as customer_id,
        cast(null as varchar) as product_id,
        'referral' as channel_word
    from {{ ref('stg_loyalty__referrals') }} as referrals
    union all
    select
        'referrals:' || referrals.referral_id || ':received' as interaction_id,
        'referrals' as source,
        'referral_received' as event_name,
        referrals.referred_at as occurred_at,
        referrals.referee_customer_id as customer_id,
        cast(null as varchar) as product_id,
        'referral' as channel_word
    from {{ ref('stg_loyalty__referrals') }} as referrals
    where referrals.referee_customer_id is not null
    union all
    select
        'referrals:' || referrals.referral_id || ':accepted' as interaction_id,
        'referrals' as source,
        'referral_accepted' as event_name,
        referrals.converted_at as occurred_at,
        referrals.referee_customer_id as customer_id,
        cast(null as varchar) as product_id,
        'referral' as channel_word
    from {{ ref('stg_loyalty__referrals') }} as referrals
    where
        referrals.referee_customer_id is not null
        and referrals.converted_at is not null
),

contacts as (
    select * from reviews
    union all
    select * from loyalty_events
    union all
    select * from referrals
)

select
    contacts.interaction_id,
    contacts.source,
    contacts.event_name,
    contacts.occurred_at,
    contacts.customer_id,
    cast(null as varchar) as anonymous_id,
    cast(null as varchar) as campaign_id,
    contacts.channel_word,
    cast(null as varchar) as place,
    contacts.product_id,
    cast(null as decimal(18, 4)) as revenue_amount,
    cast(null as decimal(18, 4)) as cost_amount
from contacts
