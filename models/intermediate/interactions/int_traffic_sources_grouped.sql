{#-
    Grain: one row per combination of tags, or referrer without tags, that web events
    bear. Its source, and its channel by the default channel group of Google Analytics 4
    (https://support.google.com/analytics/answer/9756891): those rules, in that order,
    whatever the case of the words. Each combination meets them once.
-#}
{%- set paid = paid_medium('named.medium') -%}
{%- set shop_campaign = matches(
    'named.rule_campaign', '^(.*(([^a-df-z]|^)shop|shopping).*)$'
) -%}
{{ config(materialized='table') }}

with

combinations as (
    select
        web_events.traffic_source_key,
        min(web_events.source) as source,
        min(web_events.medium) as medium,
        min(web_events.campaign) as campaign,
        min(
            case
                when
                    coalesce(web_events.source, web_events.medium, web_events.campaign)
                    is null
                    then web_events.referrer_host
            end
        ) as referrer_host
    from {{ ref('int_web_events_sourced') }} as web_events
    group by web_events.traffic_source_key
),

-- A source may be a name (facebook) or a host (m.facebook.com).
looked_up as (
    select
        combinations.*,
        coalesce(
            combinations.source, combinations.medium, combinations.campaign
        ) is not null as is_tagged,
        case
            when {{ has_substring('combinations.source', "'.'") }}
                then {{ url_host("'//' || combinations.source") }}
            else coalesce(combinations.source, combinations.referrer_host)
        end as listed_source
    from combinations
),

categorised as (
    select
        looked_up.*,
        coalesce(exact.category, families.category) as category,
        coalesce(exact.brand, families.brand) as brand
    from looked_up
    left join {{ ref('traffic_sources') }} as exact
        on looked_up.listed_source = exact.source
    left join {{ ref('traffic_sources') }} as families
        on
            {{ host_name('looked_up.listed_source') }} = families.source
            and families.has_country_hosts
),

-- Without tags, a search engine sends organic visits, an assistant its own kind, and
-- any other site referrals.
named as (
    select
        categorised.traffic_source_key,
        categorised.category,
        case
            when categorised.is_tagged then categorised.source
            else coalesce(categorised.brand, categorised.referrer_host)
        end as source,
        case
            when categorised.is_tagged then categorised.medium
            when categorised.category = 'search' then 'organic'
            when categorised.category = 'ai' then 'ai-assistant'
            else 'referral'
        end as medium,
        case
            when categorised.is_tagged then categorised.campaign
            when categorised.category = 'ai' then '(ai-assistant)'
        end as campaign,
        lower(categorised.campaign) as rule_campaign
    from categorised
),

grouped as (
    select
        named.traffic_source_key,
        named.source,
        named.medium,
        named.campaign,
        case
            -- Direct: source is (direct), medium (none) or (not set). Such events bear
            -- nothing and are not here.
            -- Cross-network: campaign name contains cross-network.
            when {{ has_substring('named.rule_campaign', "'cross-network'") }}
                then 'Cross-network'
            -- Paid Shopping: a shopping site, or a campaign that names a shop; and a
            -- paid medium.
            when (named.category = 'shopping' or {{ shop_campaign }}) and {{ paid }}
                then 'Paid Shopping'
            -- Paid Search: a search site and a paid medium.
            when named.category = 'search' and {{ paid }} then 'Paid Search'
            -- Paid Social: a social site and a paid medium.
            when named.category = 'social' and {{ paid }} then 'Paid Social'
            -- Paid Video: a video site and a paid medium.
            when named.category = 'video' and {{ paid }} then 'Paid Video'
            -- Display: medium is one of five words for it.
            when {{ display_medium('named.medium') }} then 'Display'
            -- Paid Other: a paid medium.
            when {{ paid }} then 'Paid Other'
            -- Organic Shopping: a shopping site, or a campaign that names a shop.
            when named.category = 'shopping' or {{ shop_campaign }}
                then 'Organic Shopping'
            -- Organic Social: a social site, or one of six words for it as medium.
            when
                named.category = 'social'
                or named.medium in (
                    'social', 'social-network', 'social-media', 'sm',
                    'social network', 'social media'
                ) then 'Organic Social'
            -- Organic Video: a video site, or a medium that contains video.
            when
                named.category = 'video'
                or {{ has_substring('named.medium', "'video'") }}
                then 'Organic Video'
            -- Organic Search: a search site, or medium organic.
            when named.category = 'search' or named.medium = 'organic'
                then 'Organic Search'
            -- AI Assistant: medium ai-assistant, which Google gives to the referrers it
            -- knows. Assistants that tag their links leave the medium out.
            when
                named.medium = 'ai-assistant'
                or (
                    named.category = 'ai'
                    and coalesce(named.medium, 'referral') = 'referral'
                ) then 'AI Assistant'
            -- Referral: medium is referral, app or link.
            when named.medium in ('referral', 'app', 'link') then 'Referral'
            -- Email: source or medium is one of four spellings.
            when
                named.source in ('email', 'e-mail', 'e_mail', 'e mail')
                or named.medium in ('email', 'e-mail', 'e_mail', 'e mail')
                then 'Email'
            -- Affiliates: medium affiliate.
            when named.medium = 'affiliate' then 'Affiliates'
            -- Audio: medium audio.
            when named.medium = 'audio' then 'Audio'
            -- SMS: source or medium sms.
            when named.source = 'sms' or named.medium = 'sms' then 'SMS'
            -- Mobile Push Notifications: medium ends with push, or contains mobile or
            -- notification, or source firebase.
            when
                {{ matches('named.medium', 'push$|mobile|notification') }}
                or named.source = 'firebase' then 'Mobile Push Notifications'
            else 'Unassigned'
        end as channel
    from named
)

select * from grouped
