{#-
    Grain: one row per purchase and per refund of one, each dated when it happened.
    Summed to any day it is the net revenue and the margin known by then.
-#}
with

purchases as (
    select
        orders.order_id,
        resolved.customer_key,
        orders.ordered_at,
        orders.order_date,
        coalesce(margins.margin_rate, {{ var('gross_margin_rate') }}) as margin_rate,
        orders.gross_amount - orders.tax_amount - orders.shipping_amount
            as net_revenue_amount
    from {{ ref('int_orders_converted') }} as orders
    inner join {{ ref('int_customer_ids_resolved') }} as resolved
        on orders.customer_id = resolved.customer_id
    left join {{ ref('int_order_margins') }} as margins
        on orders.order_id = margins.order_id
    where orders.is_purchase
),

events as (
    select
        purchases.order_id as event_id,
        purchases.order_id,
        purchases.customer_key,
        'order' as event_type,
        cast(purchases.net_revenue_amount as decimal(18, 4)) as net_revenue_amount,
        cast(
            purchases.net_revenue_amount * purchases.margin_rate as decimal(18, 4)
        ) as margin_amount,
        purchases.ordered_at as occurred_at,
        purchases.order_date as event_date
    from purchases
    union all
    select
        refunds.refund_id as event_id,
        refunds.order_id,
        purchases.customer_key,
        'refund' as event_type,
        cast(-refunds.refunded_amount as decimal(18, 4)) as net_revenue_amount,
        cast(-refunds.refunded_amount * purchases.margin_rate as decimal(18, 4))
            as margin_amount,
        refunds.refunded_at as occurred_at,
        refunds.refund_date as event_date
    from {{ ref('int_refunds_converted') }} as refunds
    inner join purchases on refunds.order_id = purchases.order_id
)

select * from events
