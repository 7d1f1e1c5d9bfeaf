{#-
    Grain: one row per accepted refund. Its amount in the reporting currency, at the
    rate of the day on which the money went back.
-#}
with

refunds as (
    select
        raw_refunds.refund_id,
        raw_refunds.order_id,
        raw_refunds.amount,
        raw_refunds.refunded_at,
        {{ reporting_date('raw_refunds.refunded_at') }} as refund_date,
        coalesce(raw_refunds.currency, orders.order_currency) as currency
    from {{ ref('stg_sales__refunds') }} as raw_refunds
    inner join {{ ref('int_orders_converted') }} as orders
        on raw_refunds.order_id = orders.order_id
),

converted as (
    select
        refunds.refund_id,
        refunds.order_id,
        cast(refunds.amount * rates.rate as decimal(18, 4)) as refunded_amount,
        refunds.refunded_at,
        refunds.refund_date
    from refunds
    inner join {{ ref('int_exchange_rates_ranged') }} as rates
        on
            refunds.currency = rates.currency
            and refunds.refund_date >= rates.valid_from_date
            and refunds.refund_date < rates.valid_before_date
)

select * from converted
