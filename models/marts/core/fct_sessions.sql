{#-
    Grain: one row per web session: the events of one visitor on one device without a
    pause, from one source.
-#}
{{ config(
    materialized='incremental',
    incremental_strategy='touched_people',
    on_schema_change='fail',
) }}

with

sessions as (
    select
        sourced.*,
        {{ dbt.datediff('sourced.started_at', 'sourced.ended_at', 'millisecond') }}
        / 1000.0 as duration_seconds,
        row_number() over (
            partition by sourced.customer_key
            order by sourced.started_at, sourced.session_key
        ) as session_rank
    from {{ ref('int_web_sessions_sourced') }} as sourced
    where {{ touched('sourced.customer_key') }}
),

conversions as (
    select orders.session_key
    from {{ ref('int_orders_in_sessions') }} as orders
    where {{ touched('orders.customer_key') }}
    group by orders.session_key
),

final as (
    select
        sessions.session_key,
        sessions.customer_key,
        sessions.anonymous_id,
        sessions.channel,
        sessions.source,
        sessions.medium,
        sessions.campaign_id as campaign,
        sessions.landing_page,
        sessions.exit_page,
        sessions.device_type,
        sessions.country,
        sessions.n_events,
        sessions.n_page_views,
        cast(sessions.duration_seconds as double) as duration_seconds,
        sessions.n_page_views < 2
        and sessions.duration_seconds <= 10
        and conversions.session_key is null as is_bounced,
        conversions.session_key is not null as is_converted,
        sessions.session_rank = 1 as is_new_visitor,
        sessions.started_at,
        sessions.ended_at
    from sessions
    left join conversions on sessions.session_key = conversions.session_key
)

select * from final
