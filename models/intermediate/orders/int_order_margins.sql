{#-
    Grain: one row per order that has lines worth something. The share of its revenue
    that is margin: from unit costs, of the line or else of the product, and from
    `gross_margin_rate` for the lines without.
-#}
with

lines as (
    select
        order_lines.order_id,
        cast(
            (
                order_lines.quantity * order_lines.unit_price
                - coalesce(order_lines.discount_amount, 0)
            ) * orders.rate as decimal(38, 8)
        ) as revenue_amount,
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
        count(lines.cost_amount) as n_costed_lines,
        sum(lines.revenue_amount) as revenue_amount,
        sum(
            case
                when lines.cost_amount is not null
                    then lines.revenue_amount - lines.cost_amount
            end
        ) as costed_margin_amount,
        sum(
            case when lines.cost_amount is null then lines.revenue_amount else 0 end
        ) as uncosted_revenue_amount
    from lines
    group by lines.order_id
),

margins as (
    select
        totals.order_id,
        cast(
            (
                cast(coalesce(totals.costed_margin_amount, 0) as double)
                + {{ var('gross_margin_rate') }}
                * cast(totals.uncosted_revenue_amount as double)
            ) / cast(totals.revenue_amount as double) as double
        ) as margin_rate
    from totals
    where totals.revenue_amount > 0 and totals.n_costed_lines > 0
)

select * from margins
