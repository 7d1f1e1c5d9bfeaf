{#-
    Grain: one row per customer and day with a purchase. Several orders of a day are
    one purchase; what it is worth has its refunds taken off, whenever they came.
-#}
with

purchase_days as (
    select
        days.customer_key,
        days.purchase_date,
        cast(sum(days.n_orders) as bigint) as n_orders,
        cast(sum(days.net_revenue_amount) as decimal(18, 4)) as net_revenue_amount
    from {{ ref('int_revenue_days') }} as days
    group by days.customer_key, days.purchase_date
)

select * from purchase_days
