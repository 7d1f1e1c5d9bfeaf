{#-
    Grain: one row per web event whose address bears a click id that platforms put on
    their links. Of several the one that the seed puts first.
-#}
{{ config(
    materialized='incremental',
    incremental_strategy='touched_people',
) }}

with

queries as (
    select
        web_events.event_id,
        web_events.customer_id,
        web_events.anonymous_id,
        '&' || lower(split_part(split_part(web_events.page_url, '#', 1), '?', 2))
            as query_string
    from {{ touched_contacts(ref('stg_web__web_events')) }} as web_events
    where {{ has_substring('web_events.page_url', "'?'") }}
),

clicks as (
    select
        queries.event_id,
        queries.customer_id,
        queries.anonymous_id,
        click_ids.source,
        click_ids.medium,
        click_ids.is_paid,
        split_part(
            split_part(queries.query_string, '&' || click_ids.parameter || '=', 2),
            '&', 1
        ) as click_id,
        row_number() over (
            partition by queries.event_id
            order by click_ids.priority asc, click_ids.parameter asc
        ) as click_rank
    from queries
    inner join {{ ref('click_ids') }} as click_ids
        on {{ has_substring(
            'queries.query_string', "'&' || click_ids.parameter || '='"
        ) }}
),

found as (
    select
        clicks.event_id,
        {{ joined_person() }} as customer_key,
        clicks.source,
        clicks.medium,
        clicks.is_paid,
        nullif(clicks.click_id, '') as click_id
    from clicks
    {{ join_person('clicks') }}
    where clicks.click_rank = 1
)

select * from found
