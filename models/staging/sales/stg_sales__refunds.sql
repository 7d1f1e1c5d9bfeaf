{#- Grain: one row per refund, accepted. -#}
with

raw_refunds as (
    select * from {{ ref('base_sales__refunds') }}
),

accepted as (
    select
        raw_refunds.refund_id,
        raw_refunds.order_id,
        raw_refunds.refunded_at,
        raw_refunds.amount,
        raw_refunds.reason,
        raw_refunds.currency
    from raw_refunds
    where raw_refunds.row_status = 'accepted'
)

select * from accepted
