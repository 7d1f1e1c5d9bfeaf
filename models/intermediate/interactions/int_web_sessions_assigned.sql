{#-
    Grain: one row per web event. The session that it belongs to: another one begins
    after a pause, or when the visitor comes from elsewhere.

    On a device that several people share, who logs in begins a session of their own.
-#}
{%- set device -%}
    partition by events.customer_key, events.anonymous_id
    order by events.occurred_at, events.event_id
{%- endset -%}
{%- set before = device ~ ' rows between unbounded preceding and 1 preceding' -%}
{%- set so_far = device ~ ' rows between unbounded preceding and current row' -%}
{{ config(
    materialized='incremental',
    incremental_strategy='touched_people',
) }}

with

events as (
    select
        web_events.event_id,
        {{ joined_person() }} as customer_key,
        web_events.anonymous_id,
        web_events.event_name,
        web_events.product_id,
        web_events.occurred_at
    from {{ touched_contacts(ref('stg_web__web_events')) }} as web_events
    {{ join_person('web_events') }}
),

tagged as (
    select
        events.event_id,
        events.customer_key,
        events.anonymous_id,
        events.occurred_at,
        events.referrer_host,
        case
            when coalesce(events.source, events.medium, events.campaign) is not null
                then events.traffic_source_key || coalesce(events.click_id, '')
        end as tags
    from {{ ref('int_web_events_sourced') }} as events
    where {{ touched('events.customer_key') }}
),

-- A page that was reached by a tagged link keeps telling the referrer of that link
-- without the tags, in shops that load no new page: so a referrer is compared with the
-- last referrer, also of a tagged event, and is news only if it differs.
compared as (
    select
        events.event_id,
        coalesce(
            case
                when events.tags is not null
                    then events.tags = {{ last_known('events.tags', before) }}
                else events.referrer_host = {{ last_known(
                    "case when events.tags is not null "
                    ~ "then coalesce(events.referrer_host, '') "
                    ~ "else events.referrer_host end", before
                ) }}
            end, false
        ) as is_known
    from tagged as events
),

started as (
    select
        events.event_id,
        events.customer_key,
        events.anonymous_id,
        events.event_name,
        events.product_id,
        events.occurred_at,
        case
            when
                events.occurred_at <= {{ dbt.dateadd(
                    'minute', var('session_timeout_minutes'),
                    'lag(events.occurred_at) over (' ~ device ~ ')'
                ) }}
                and coalesce(compared.is_known, true) then null
            else {{ dbt.hash('events.event_id') }}
        end as started_key
    from events
    left join compared on events.event_id = compared.event_id
),

assigned as (
    select
        events.event_id,
        events.customer_key,
        events.anonymous_id,
        events.event_name,
        events.product_id,
        {{ last_known('events.started_key', so_far) }} as session_key,
        events.started_key is not null as is_entry,
        lead(events.event_id) over ({{ device }}) is null
        or lead(events.started_key) over ({{ device }}) is not null as is_exit,
        events.occurred_at
    from started as events
)

select * from assigned
