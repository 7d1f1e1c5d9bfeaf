{#-
    Grain: one row per order with a line of known unit cost, of the line or else of
    the product. What its goods cost, and which share of it has no known cost.
-#}
with

lines as (
    select
        order_lines.order_id,
        cast(
            order_lines.quantity * order_lines.unit_price
            - coalesce(order_lines.discount_amount, 0) as decimal(38, 8)
        ) as line_amount,
        cast(
            order_lines.quantity
            * coalesce(order_lines.unit_cost * orders.rate, products.unit_cost)
            as decimal(38, 8)
        ) as cost_amount
    from {{ ref('stg_sales__order_lines') }} as order_lines
    inner join {{ ref('int_orders_converted') }} as orders
        on order_lines.order_id = orders.order_id
    left join {{ ref('stg_sales__products') }} as products
        on order_lines.product_id = products.product_id
),

totals as (
    select
        lines.order_id,
        sum(lines.cost_amount) as cost_amount,
        sum(lines.line_amount) as line_amount,
        sum(
            case when lines.cost_amount is null then lines.line_amount else 0 end
        ) as uncosted_line_amount
    from lines
    group by lines.order_id
    having count(lines.cost_amount) > 0
),

margins as (
    select
        totals.order_id,
        cast(totals.cost_amount as decimal(18, 4)) as cost_amount,
        coalesce(
            cast(totals.uncosted_line_amount as double)
            / nullif(cast(totals.line_amount as double), 0), 0
        ) as uncosted_share
    from totals
)

select * from margins
