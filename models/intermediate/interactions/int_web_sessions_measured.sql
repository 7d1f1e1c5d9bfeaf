{#-
    Grain: one row per web session. Its length, its first and last page, and the first
    source that its events tell.
-#}
{{ config(
    materialized='incremental',
    incremental_strategy='touched_people',
) }}

with

assigned as (
    select
        web_events.event_id,
        web_events.session_key,
        web_events.customer_key,
        web_events.anonymous_id,
        web_events.event_name,
        web_events.is_entry,
        web_events.is_exit,
        web_events.occurred_at
    from {{ ref('int_web_sessions_assigned') }} as web_events
    where {{ touched('web_events.customer_key') }}
),

-- These report on a page that is open; they open none.
page_views as (
    select event_names.event_name
    from {{ ref('int_event_names_mapped') }} as event_names
    where
        event_names.source = 'web_events'
        and event_names.touchpoint = 'page_viewed'
        and event_names.rule_name not in (
            'session_start', 'first_visit', 'user_engagement', 'scroll', 'page_ping'
        )
),

totals as (
    select
        assigned.session_key,
        count(*) as n_events,
        count(page_views.event_name) as n_page_views,
        min(assigned.occurred_at) as started_at,
        max(assigned.occurred_at) as ended_at
    from assigned
    left join page_views on assigned.event_name = page_views.event_name
    group by assigned.session_key
),

-- A session of one event has its entry and its exit in one row.
edges as (
    select
        assigned.session_key,
        assigned.customer_key,
        assigned.anonymous_id,
        assigned.is_entry,
        assigned.is_exit,
        {{ url_path('web_events.page_url') }} as page,
        web_events.device_type,
        web_events.country
    from assigned
    inner join {{ ref('stg_web__web_events') }} as web_events
        on assigned.event_id = web_events.event_id
    where assigned.is_entry or assigned.is_exit
),

sources as (
    select
        assigned.session_key,
        web_events.traffic_source_key,
        row_number() over (
            partition by assigned.session_key
            order by assigned.occurred_at, assigned.event_id
        ) as source_rank
    from assigned
    inner join {{ ref('int_web_events_sourced') }} as web_events
        on assigned.event_id = web_events.event_id
),

measured as (
    select
        totals.session_key,
        entries.customer_key,
        entries.anonymous_id,
        sources.traffic_source_key,
        entries.page as landing_page,
        exits.page as exit_page,
        entries.device_type,
        entries.country,
        totals.n_events,
        totals.n_page_views,
        totals.started_at,
        totals.ended_at
    from totals
    inner join edges as entries
        on totals.session_key = entries.session_key and entries.is_entry
    inner join edges as exits
        on totals.session_key = exits.session_key and exits.is_exit
    left join sources
        on totals.session_key = sources.session_key and sources.source_rank = 1
)

select * from measured
