{#-
    Grain: one row per web event that tells where the visitor came from: by its tags,
    else by a click id in the address, else by a referrer that is another site. Most
    are a step within the site, and tell nothing.
-#}
{{ config(
    materialized='incremental',
    incremental_strategy='touched_people',
) }}

with

tagged as (
    select
        web_events.event_id,
        web_events.customer_id,
        web_events.anonymous_id,
        web_events.occurred_at,
        lower({{ traffic_tag('web_events', 'source') }}) as tag_source,
        lower({{ traffic_tag('web_events', 'medium') }}) as tag_medium,
        {{ traffic_tag('web_events', 'campaign') }} as tag_campaign,
        {{ traffic_tag('web_events', 'content') }} as tag_content,
        {{ traffic_tag('web_events', 'term') }} as tag_term,
        {{ url_host('web_events.page_url') }} as page_host,
        {{ url_host('web_events.referrer') }} as referrer_host,
        {{ host_name(url_host('web_events.referrer')) }} as referrer_name
    from {{ touched_contacts(ref('stg_web__web_events')) }} as web_events
    where
        web_events.referrer is not null
        or {{ has_substring('web_events.page_url', "'?'") }}
        or coalesce(
            web_events.utm_source, web_events.utm_medium, web_events.utm_campaign
        ) is not null
),

clicks as (
    select clicks.*
    from {{ ref('int_click_ids_found') }} as clicks
    where {{ touched('clicks.customer_key') }}
),

passages as (
    select
        sources.source,
        sources.has_country_hosts
    from {{ ref('traffic_sources') }} as sources
    where sources.category = 'passage'
),

-- A paid click id outranks tags that do not say paid; any other one only stands in
-- where there are no tags.
judged as (
    select
        tagged.*,
        clicks.source as click_source,
        clicks.medium as click_medium,
        clicks.click_id,
        coalesce(
            clicks.is_paid and coalesce(
                not (
                    {{ paid_medium('tagged.tag_medium') }}
                    or {{ display_medium('tagged.tag_medium') }}
                ), true
            ), false
        ) or coalesce(tagged.tag_source, tagged.tag_medium, tagged.tag_campaign) is null
            as is_by_click_id,
        {{ has_substring('tagged.referrer_host', "'.'") }}
        and coalesce(
            {{ are_unrelated_hosts('tagged.referrer_host', 'tagged.page_host') }}, true
        )
        and exact_passages.source is null
        and named_passages.source is null as is_from_other_site
    from tagged
    left join clicks on tagged.event_id = clicks.event_id
    left join passages as exact_passages
        on tagged.referrer_host = exact_passages.source
    left join passages as named_passages
        on
            tagged.referrer_name = named_passages.source
            and named_passages.has_country_hosts
),

said as (
    select
        judged.event_id,
        judged.customer_id,
        judged.anonymous_id,
        judged.occurred_at,
        case
            when judged.is_by_click_id then judged.click_source
            else judged.tag_source
        end as source,
        case
            when judged.is_by_click_id then judged.click_medium
            else judged.tag_medium
        end as medium,
        judged.tag_campaign as campaign,
        judged.tag_content as content,
        judged.tag_term as term,
        judged.click_id,
        case when judged.is_from_other_site then judged.referrer_host end
            as referrer_host
    from judged
),

-- A site counts as a source where there are no tags.
keyed as (
    select
        said.*,
        case
            when coalesce(said.source, said.medium, said.campaign) is not null
                then {{ dbt.hash("'tags|' || coalesce(said.source, '') || '|' "
                    ~ "|| coalesce(said.medium, '') || '|' "
                    ~ "|| coalesce(said.campaign, '')") }}
            when said.referrer_host is not null
                then {{ dbt.hash("'referrer|' || said.referrer_host") }}
        end as traffic_source_key
    from said
),

sourced as (
    select
        keyed.event_id,
        {{ joined_person() }} as customer_key,
        keyed.anonymous_id,
        keyed.source,
        keyed.medium,
        keyed.campaign,
        keyed.content,
        keyed.term,
        keyed.click_id,
        keyed.referrer_host,
        keyed.traffic_source_key,
        keyed.occurred_at
    from keyed
    {{ join_person('keyed') }}
    where keyed.traffic_source_key is not null
)

select * from sourced
