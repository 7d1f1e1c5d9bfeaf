{#-
    Grain: one row per customer and day on which something was bought or given back.
    What the features of purchases are sums of, each counted on the day it was known.
-#}
with

-- Every purchase is known on its own day, so nothing else happens on other days.
known_days as (
    select
        days.customer_key,
        days.known_date as fact_date,
        cast(sum(days.net_revenue_amount) as decimal(18, 4)) as net_revenue_amount,
        cast(sum(days.refunded_amount) as decimal(18, 4)) as refunded_amount
    from {{ ref('int_revenue_days') }} as days
    group by days.customer_key, days.known_date
),

purchase_days as (
    select
        days.customer_key,
        days.purchase_date as fact_date,
        ln(cast(
            {{ dbt.datediff(
                'lag(days.purchase_date) over (
                    partition by days.customer_key order by days.purchase_date
                )', 'days.purchase_date', 'day'
            ) }} as double
        )) as log_gap
    from {{ ref('int_customer_purchase_days') }} as days
),

units as (
    select
        order_lines.order_id,
        sum(order_lines.quantity) as n_units
    from {{ ref('stg_sales__order_lines') }} as order_lines
    group by order_lines.order_id
),

baskets as (
    select
        resolved.customer_key,
        converted.order_date as fact_date,
        cast(sum(units.n_units) as decimal(18, 4)) as n_units,
        cast(sum(converted.gross_amount) as decimal(18, 4)) as gross_amount,
        cast(sum(converted.discount_amount) as decimal(18, 4)) as discount_amount
    from {{ ref('int_orders_converted') }} as converted
    inner join {{ ref('int_customer_ids_resolved') }} as resolved
        on converted.customer_id = resolved.customer_id
    left join units on converted.order_id = units.order_id
    where converted.is_purchase
    group by resolved.customer_key, converted.order_date
),

-- Each product on the day on which a customer bought it first.
first_bought as (
    select
        resolved.customer_key,
        order_lines.product_id,
        min(converted.order_date) as fact_date
    from {{ ref('stg_sales__order_lines') }} as order_lines
    inner join {{ ref('int_orders_converted') }} as converted
        on order_lines.order_id = converted.order_id
    inner join {{ ref('int_customer_ids_resolved') }} as resolved
        on converted.customer_id = resolved.customer_id
    where converted.is_purchase
    group by resolved.customer_key, order_lines.product_id
),

new_products as (
    select
        first_bought.customer_key,
        first_bought.fact_date,
        count(*) as n_products
    from first_bought
    group by first_bought.customer_key, first_bought.fact_date
),

final as (
    select
        known_days.customer_key,
        known_days.fact_date,
        case when purchase_days.customer_key is not null then 1 else 0 end
            as n_purchases,
        case when purchase_days.log_gap is not null then 1 else 0 end as n_gaps,
        cast(coalesce(purchase_days.log_gap, 0) as decimal(18, 9)) as log_gap,
        cast(coalesce(power(purchase_days.log_gap, 2), 0) as decimal(18, 9))
            as log_gap_square,
        coalesce(baskets.n_units, 0) as n_units,
        coalesce(new_products.n_products, 0) as n_products,
        coalesce(baskets.gross_amount, 0) as gross_amount,
        coalesce(baskets.discount_amount, 0) as discount_amount,
        known_days.net_revenue_amount,
        known_days.refunded_amount
    from known_days
    {% for relation in ['purchase_days', 'baskets', 'new_products'] -%}
    left join {{ relation }}
        on
            known_days.customer_key = {{ relation }}.customer_key
            and known_days.fact_date = {{ relation }}.fact_date
    {% endfor -%}
)

select * from final
