{#- Grain: one row per order line, accepted. -#}
with

raw_order_lines as (
    select * from {{ ref('base_sales__order_lines') }}
),

accepted as (
    select
        raw_order_lines.order_id,
        raw_order_lines.line_number,
        raw_order_lines.product_id,
        raw_order_lines.quantity,
        raw_order_lines.unit_price,
        raw_order_lines.unit_cost,
        raw_order_lines.discount_amount
    from raw_order_lines
    where raw_order_lines.row_status = 'accepted'
)

select * from accepted
