{#-
    Grain: one row per customer and day on which something was bought or given back.
    What the features of purchases are sums of, each counted on the day it was known.
-#}
{%- set facts = {
    'gaps': ['n_purchases', 'n_gaps', 'log_gap', 'log_gap_square'],
    'baskets': ['n_units', 'gross_amount', 'discount_amount'],
    'first_bought': ['n_products'],
    'revenue_days': ['net_revenue_amount', 'refunded_amount'],
} -%}
with

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

gaps as (
    select
        purchase_days.customer_key,
        purchase_days.fact_date,
        1 as n_purchases,
        case when purchase_days.log_gap is not null then 1 else 0 end as n_gaps,
        cast(purchase_days.log_gap as decimal(18, 9)) as log_gap,
        cast(power(purchase_days.log_gap, 2) as decimal(18, 9)) as log_gap_square
    from purchase_days
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
        units.n_units,
        converted.gross_amount,
        converted.discount_amount
    from {{ ref('int_orders_converted') }} as converted
    inner join {{ ref('int_customer_ids_resolved') }} as resolved
        on converted.customer_id = resolved.customer_id
    left join units on converted.order_id = units.order_id
    where converted.is_purchase
),

-- Each product on the day on which a customer bought it first.
first_bought as (
    select
        resolved.customer_key,
        order_lines.product_id,
        1 as n_products,
        min(converted.order_date) as fact_date
    from {{ ref('stg_sales__order_lines') }} as order_lines
    inner join {{ ref('int_orders_converted') }} as converted
        on order_lines.order_id = converted.order_id
    inner join {{ ref('int_customer_ids_resolved') }} as resolved
        on converted.customer_id = resolved.customer_id
    where converted.is_purchase
    group by resolved.customer_key, order_lines.product_id
),

revenue_days as (
    select
        days.customer_key,
        days.known_date as fact_date,
        days.net_revenue_amount,
        days.refunded_amount
    from {{ ref('int_revenue_days') }} as days
),

facts as (
    {% for relation in facts -%}
    select
        {{ relation }}.customer_key,
        {% for own, columns in facts.items() -%}
        {% for column in columns -%}
        {{ relation ~ '.' ~ column if own == relation else '0 as ' ~ column }},
        {% endfor -%}
        {% endfor -%}
        {{ relation }}.fact_date
    from {{ relation }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

final as (
    select
        facts.customer_key,
        {% for column in facts.values() | sum(start=[]) -%}
        coalesce(sum(facts.{{ column }}), 0) as {{ column }},
        {% endfor -%}
        facts.fact_date
    from facts
    group by facts.customer_key, facts.fact_date
)

select * from final
