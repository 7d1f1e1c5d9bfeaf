{#-
    Grain: one row per accepted order. Those that never became one (cancelled, failed,
    a test) are here with `is_purchase` false, no number and no revenue.
-#}
with

revenue as (
    select
        events.order_id,
        sum(events.net_revenue_amount) as net_revenue_amount,
        sum(events.margin_amount) as margin_amount,
        -sum(
            case when events.event_type = 'refund' then events.net_revenue_amount end
        ) as refunded_amount
    from {{ ref('int_revenue_events') }} as events
    group by events.order_id
),

orders as (
    select
        converted.*,
        resolved.customer_key,
        revenue.net_revenue_amount,
        revenue.margin_amount,
        revenue.refunded_amount,
        placed.session_key,
        row_number() over (
            partition by resolved.customer_key, converted.is_purchase
            order by converted.ordered_at, converted.order_id
        ) as order_rank
    from {{ ref('int_orders_converted') }} as converted
    inner join {{ ref('int_customer_ids_resolved') }} as resolved
        on converted.customer_id = resolved.customer_id
    left join revenue on converted.order_id = revenue.order_id
    left join {{ ref('int_orders_in_sessions') }} as placed
        on converted.order_id = placed.order_id
),

numbered as (
    select
        orders.*,
        case when orders.is_purchase then orders.order_rank end as order_number
    from orders
),

final as (
    select
        orders.order_id,
        orders.customer_key,
        orders.customer_id,
        orders.order_status,
        orders.sales_channel,
        orders.session_key,
        orders.coupon_code,
        orders.order_currency,
        case
            when orders.order_number = 1 then 'new'
            when orders.order_number > 1 then 'repeat'
        end as customer_type,
        orders.order_number,
        orders.gross_amount,
        orders.discount_amount,
        orders.tax_amount,
        orders.shipping_amount,
        cast(coalesce(orders.refunded_amount, 0) as decimal(18, 4)) as refunded_amount,
        cast(coalesce(orders.net_revenue_amount, 0) as decimal(18, 4))
            as net_revenue_amount,
        cast(coalesce(orders.margin_amount, 0) as decimal(18, 4)) as margin_amount,
        orders.is_purchase,
        orders.ordered_at,
        orders.order_date
    from numbered as orders
)

select * from final
