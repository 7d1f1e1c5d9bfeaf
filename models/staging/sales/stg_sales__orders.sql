{#- Grain: one row per order, accepted. -#}
with

raw_orders as (
    select * from {{ ref('base_sales__orders') }}
),

accepted as (
    select
        raw_orders.order_id,
        raw_orders.customer_id,
        raw_orders.ordered_at,
        raw_orders.amount,
        raw_orders.currency,
        raw_orders.discount_amount,
        raw_orders.tax_amount,
        raw_orders.shipping_amount,
        raw_orders.status,
        raw_orders.sales_channel,
        raw_orders.coupon_code,
        raw_orders.anonymous_id,
        raw_orders.received_at
    from raw_orders
    where raw_orders.row_status = 'accepted'
)

select * from accepted
