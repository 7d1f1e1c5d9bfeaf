{#-
    Grain: one row per combination of tags, or referrer without tags, that web events
    bear. Its channel by the default channel group of Google Analytics 4
    (https://support.google.com/analytics/answer/9756891): those rules, in that order,
    whatever the case of the words. Each combination meets them once.
-#}
{%- set paid = paid_medium('named.medium') -%}
{%- set shop_campaign = matches(
    'named.rule_campaign', '^(.*(([^a-df-z]|^)shop|shopping).*)$'
) -%}
{{ config(materialized='table') }}

with

named as (
    select
        sources.traffic_source_key,
        sources.category,
        sources.source,
        sources.medium,
        sources.campaign,
        lower(sources.campaign) as rule_campaign
    from {{ ref('int_traffic_sources_named') }} as sources
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
