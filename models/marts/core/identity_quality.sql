{#-
    Grain: one row per measure. How much of what happened is known to be whose: the
    share of contacts, sessions, orders and revenue that could be stitched to a person
    with a history in more than one place.
-#}
with

people as (
    select
        resolved.customer_key,
        max(case when resolved.kind = 'customer_id' then 1 else 0 end) as has_number,
        max(case when resolved.kind = 'anonymous_id' then 1 else 0 end) as has_device
    from {{ ref('int_identifiers_resolved') }} as resolved
    where not resolved.is_shared
    group by resolved.customer_key
),

rows_received as (
    select count(*) as n_rows
    from {{ ref('stg_web__web_events') }}
    {% for model in contact_models() -%}
    union all
    select count(*) as n_rows
    from {{ ref(model) }}
    {% endfor %}
),

measures as (
    select
        'interactions' as measure,
        'contacts of somebody with a number or a device' as meaning,
        cast((select sum(rows_received.n_rows) from rows_received) as double) as total,
        cast(count(*) as double) as stitched
    from {{ ref('fct_interactions') }}
    union all
    select
        'sessions' as measure,
        'web sessions of somebody with a customer number' as meaning,
        cast(count(*) as double) as total,
        cast(count(case when people.has_number = 1 then 1 end) as double) as stitched
    from {{ ref('fct_sessions') }} as sessions
    left join people on sessions.customer_key = people.customer_key
    union all
    select
        'orders' as measure,
        'purchases of somebody with a device' as meaning,
        cast(count(*) as double) as total,
        cast(count(case when people.has_device = 1 then 1 end) as double) as stitched
    from {{ ref('fct_orders') }} as orders
    left join people on orders.customer_key = people.customer_key
    where orders.is_purchase
    union all
    select
        'revenue' as measure,
        'net revenue of somebody with a device' as meaning,
        cast(coalesce(sum(orders.net_revenue_amount), 0) as double) as total,
        cast(coalesce(
            sum(case when people.has_device = 1 then orders.net_revenue_amount end), 0
        ) as double) as stitched
    from {{ ref('fct_orders') }} as orders
    left join people on orders.customer_key = people.customer_key
    where orders.is_purchase
),

final as (
    select
        measures.measure,
        measures.meaning,
        measures.total,
        measures.stitched,
        measures.stitched / nullif(measures.total, 0) as stitched_share
    from measures
)

select * from final
