{#-
    Grain: one row per accepted order. Its amounts in the reporting currency, at the
    rate of its day, and whether it is a purchase.
-#}
with

orders as (
    select
        raw_orders.*,
        {{ reporting_date('raw_orders.ordered_at') }} as order_date,
        coalesce(raw_orders.currency, '{{ var('reporting_currency') }}')
            as order_currency,
        replace(replace(lower(raw_orders.status), ' ', '_'), '-', '_') as order_status
    from {{ ref('stg_sales__orders') }} as raw_orders
),

converted as (
    select
        orders.order_id,
        orders.customer_id,
        orders.coupon_code,
        orders.order_status,
        orders.sales_channel,
        orders.order_currency,
        rates.rate,
        cast(orders.amount * rates.rate as decimal(18, 4)) as gross_amount,
        cast(
            coalesce(orders.discount_amount, 0) * rates.rate as decimal(18, 4)
        ) as discount_amount,
        cast(coalesce(orders.tax_amount, 0) * rates.rate as decimal(18, 4))
            as tax_amount,
        cast(coalesce(orders.shipping_amount, 0) * rates.rate as decimal(18, 4))
            as shipping_amount,
        coalesce(statuses.is_purchase, true) as is_purchase,
        orders.ordered_at,
        orders.order_date
    from orders
    inner join {{ ref('int_exchange_rates_ranged') }} as rates
        on
            orders.order_currency = rates.currency
            and orders.order_date >= rates.valid_from_date
            and orders.order_date < rates.valid_before_date
    left join {{ ref('order_statuses') }} as statuses
        on orders.order_status = statuses.status
)

select * from converted
