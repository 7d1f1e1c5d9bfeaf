{#-
    Grain: one row per message event, ad seen or clicked, and social engagement. An ad
    has the channel of its campaign, where the campaign is known, else its platform's.
-#}
{{ config(materialized='view') }}
with

messages as (
    select
        'messages:' || messages.event_id as interaction_id,
        'messages' as source,
        messages.event_name,
        messages.occurred_at,
        messages.customer_id,
        cast(null as varchar) as anonymous_id,
        messages.campaign_id,
        coalesce({{ normalised_word('messages.message_channel') }}, 'email')
            as channel_word,
        cast(null as decimal(18, 4)) as cost_amount
    from {{ ref('stg_marketing__messages') }} as messages
),

ads as (
    select
        'ad_interactions:' || ads.event_id as interaction_id,
        'ad_interactions' as source,
        ads.event_name,
        ads.occurred_at,
        ads.customer_id,
        ads.anonymous_id,
        ads.campaign_id,
        coalesce(
            {{ normalised_word('campaigns.channel') }},
            {{ normalised_word('ads.platform') }},
            'display'
        ) as channel_word,
        cast(ads.cost as decimal(18, 4)) as cost_amount
    from {{ ref('stg_marketing__ad_interactions') }} as ads
    left join {{ ref('stg_marketing__campaigns') }} as campaigns
        on ads.campaign_id = campaigns.campaign_id
),

-- What is said in a hostile tone speaks for nobody.
social_engagements as (
    select
        'social_engagements:' || social.event_id as interaction_id,
        'social_engagements' as source,
        case
            when social.sentiment < 0 then social.engagement_type || '_negative'
            else social.engagement_type
        end as event_name,
        social.occurred_at,
        social.customer_id,
        social.anonymous_id,
        cast(null as varchar) as campaign_id,
        case when social.is_community then 'community' else 'organic_social' end
            as channel_word,
        cast(null as decimal(18, 4)) as cost_amount
    from {{ ref('stg_marketing__social_engagements') }} as social
),

contacts as (
    select * from messages
    union all
    select * from ads
    union all
    select * from social_engagements
)

select
    contacts.interaction_id,
    contacts.source,
    contacts.event_name,
    contacts.occurred_at,
    contacts.customer_id,
    contacts.anonymous_id,
    contacts.campaign_id,
    contacts.channel_word,
    cast(null as varchar) as place,
    cast(null as varchar) as product_id,
    cast(null as decimal(18, 4)) as revenue_amount,
    contacts.cost_amount
from contacts
