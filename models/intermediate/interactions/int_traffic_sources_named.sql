{#-
    Grain: one row per combination of tags, or referrer without tags, that web events
    bear. Which site it is of, and what reports call its source.
-#}
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
        end as campaign
    from categorised
)

select * from named
