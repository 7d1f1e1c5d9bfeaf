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
        max(case when days.known_date = days.purchase_date then 1 else 0 end)
            as n_purchases,
        cast(sum(days.n_units) as decimal(18, 4)) as n_units,
        cast(sum(days.gross_amount) as decimal(18, 4)) as gross_amount,
        cast(sum(days.discount_amount) as decimal(18, 4)) as discount_amount,
        cast(sum(days.net_revenue_amount) as decimal(18, 4)) as net_revenue_amount,
        cast(sum(days.refunded_amount) as decimal(18, 4)) as refunded_amount
    from {{ ref('int_revenue_days') }} as days
    group by days.customer_key, days.known_date
),

purchases_before as (
    select
        known_days.*,
        max(case when known_days.n_purchases = 1 then known_days.fact_date end) over (
            partition by known_days.customer_key
            order by known_days.fact_date
            rows between unbounded preceding and 1 preceding
        ) as last_purchase_date
    from known_days
),

gaps as (
    select
        purchases_before.*,
        case
            when purchases_before.n_purchases = 1
                then
                    ln(cast(
                        {{ dbt.datediff(
                            'purchases_before.last_purchase_date',
                            'purchases_before.fact_date',
                            'day'
                        ) }} as double
                    ))
        end as log_gap
    from purchases_before
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
        gaps.customer_key,
        gaps.fact_date,
        gaps.n_purchases,
        case when gaps.log_gap is not null then 1 else 0 end as n_gaps,
        cast(coalesce(gaps.log_gap, 0) as decimal(18, 9)) as log_gap,
        cast(coalesce(power(gaps.log_gap, 2), 0) as decimal(18, 9)) as log_gap_square,
        gaps.n_units,
        coalesce(new_products.n_products, 0) as n_products,
        gaps.gross_amount,
        gaps.discount_amount,
        gaps.net_revenue_amount,
        gaps.refunded_amount
    from gaps
    left join new_products
        on
            gaps.customer_key = new_products.customer_key
            and gaps.fact_date = new_products.fact_date
)

select * from final
