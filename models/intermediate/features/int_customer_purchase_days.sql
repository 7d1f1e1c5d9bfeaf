{#-
    Grain: one row per customer and day with a purchase. Several orders of a day are
    one purchase; what it is worth has its refunds taken off, whenever they came.
-#}
with

revenue_by_order as (
    select
        events.order_id,
        events.customer_key,
        min(case when events.event_type = 'order' then events.event_date end)
            as purchase_date,
        sum(events.net_revenue_amount) as net_revenue_amount
    from {{ ref('int_revenue_events') }} as events
    group by events.order_id, events.customer_key
),

purchase_days as (
    select
        revenue_by_order.customer_key,
        revenue_by_order.purchase_date,
        count(*) as n_orders,
        cast(sum(revenue_by_order.net_revenue_amount) as decimal(18, 4))
            as net_revenue_amount
    from revenue_by_order
    group by revenue_by_order.customer_key, revenue_by_order.purchase_date
)

select * from purchase_days
