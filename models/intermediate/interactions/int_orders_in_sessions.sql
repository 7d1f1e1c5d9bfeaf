{#-
    Grain: one row per purchase that was made in a web session, the latest begun of those
    that were open. A session stays open for the timeout after its last event. An order
    that names its device was made on that one; others count if they came in online.
-#}
{%- set closed_at = dbt.dateadd(
    'minute', var('session_timeout_minutes'), 'sessions.ended_at'
) -%}
{{ config(
    materialized='incremental',
    incremental_strategy='touched_people',
) }}

with

orders as (
    select
        converted.order_id,
        resolved.customer_key,
        raw_orders.anonymous_id,
        converted.ordered_at
    from {{ ref('int_orders_converted') }} as converted
    inner join {{ ref('stg_sales__orders') }} as raw_orders
        on converted.order_id = raw_orders.order_id
    inner join {{ ref('int_identifiers_resolved') }} as resolved
        on
            converted.customer_id = resolved.identifier
            and resolved.kind = 'customer_id'
    left join {{ ref('channel_names') }} as channels
        on {{ normalised_word('converted.sales_channel') }} = channels.word
    where
        converted.is_purchase
        and (
            raw_orders.anonymous_id is not null
            or converted.sales_channel is null
            or channels.channel in ('Online Shop', 'App')
        )
        and {{ touched('resolved.customer_key') }}
),

ranked as (
    select
        orders.order_id,
        orders.customer_key,
        sessions.session_key,
        orders.ordered_at,
        row_number() over (
            partition by orders.order_id
            order by sessions.started_at desc, sessions.session_key asc
        ) as session_rank
    from orders
    inner join {{ ref('int_web_sessions_measured') }} as sessions
        on
            orders.customer_key = sessions.customer_key
            and orders.ordered_at >= sessions.started_at
            and orders.ordered_at <= {{ closed_at }}
            and (
                orders.anonymous_id is null
                or orders.anonymous_id = sessions.anonymous_id
            )
),

placed as (
    select
        ranked.order_id,
        ranked.customer_key,
        ranked.session_key,
        ranked.ordered_at
    from ranked
    where ranked.session_rank = 1
)

select * from placed
