{#-
    Grain: one row per web session. Its length, its first and last page, and the first
    source that its events tell.
-#}
{{ config(
    materialized='incremental',
    incremental_strategy='touched_people',
) }}

with

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
    from {{ ref('int_web_sessions_assigned') }} as assigned
    left join page_views on assigned.event_name = page_views.event_name
    where {{ touched('assigned.customer_key') }}
    group by assigned.session_key
),

-- A session of one event has its entry and its exit in one row.
edges as (
    select
        assigned.session_key,
        assigned.is_entry,
        assigned.is_exit,
        assigned.customer_key,
        assigned.anonymous_id,
        {{ url_path('web_events.page_url') }} as page,
        web_events.device_type,
        web_events.country
    from {{ ref('int_web_sessions_assigned') }} as assigned
    inner join {{ ref('stg_web__web_events') }} as web_events
        on assigned.event_id = web_events.event_id
    where
        (assigned.is_entry or assigned.is_exit)
        and {{ touched('assigned.customer_key') }}
),

ends as (
    select
        edges.session_key,
        {% for column in ['customer_key', 'anonymous_id', 'device_type', 'country'] -%}
        max(case when edges.is_entry then edges.{{ column }} end) as {{ column }},
        {% endfor -%}
        max(case when edges.is_entry then edges.page end) as landing_page,
        max(case when edges.is_exit then edges.page end) as exit_page
    from edges
    group by edges.session_key
),

sources as (
    select
        assigned.session_key,
        web_events.traffic_source_key,
        row_number() over (
            partition by assigned.session_key
            order by assigned.occurred_at, assigned.event_id
        ) as source_rank
    from {{ ref('int_web_sessions_assigned') }} as assigned
    inner join {{ ref('int_web_events_sourced') }} as web_events
        on assigned.event_id = web_events.event_id
    where
        {{ touched('assigned.customer_key') }}
        and {{ touched('web_events.customer_key') }}
),

measured as (
    select
        totals.session_key,
        ends.customer_key,
        ends.anonymous_id,
        sources.traffic_source_key,
        ends.landing_page,
        ends.exit_page,
        ends.device_type,
        ends.country,
        totals.n_events,
        totals.n_page_views,
        totals.started_at,
        totals.ended_at
    from totals
    inner join ends on totals.session_key = ends.session_key
    left join sources
        on totals.session_key = sources.session_key and sources.source_rank = 1
)

select * from measured
