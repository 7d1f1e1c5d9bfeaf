{#-
    Grain: one row per customer with a purchase: what is known of them on the as-of
    day, from which they are scored.
-#}
{{ config(materialized='view') }}

with

summary as (
    select
        customers.customer_key,
        customers.first_purchase_date,
        customers.last_purchase_date,
        customers.origin_date as as_of_date,
        customers.x,
        customers.t_x,
        customers.T,
        customers.operational_span,
        customers.operational_age,
        customers.n_orders,
        customers.net_revenue_amount,
        customers.repeat_net_revenue_amount
    from {{ ref('int_customers_at_origins') }} as customers
    where customers.days_ago = 0
)

select * from summary
