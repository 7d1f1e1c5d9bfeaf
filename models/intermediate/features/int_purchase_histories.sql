{#-
    Grain: one row per origin and distinct purchase history (x, t_x, T), in days of
    operational time. All that a buy-till-you-die likelihood sees of the customers,
    however many there are.
-#}
with

histories as (
    select
        customers.days_ago,
        customers.x,
        customers.operational_span as t_x,
        customers.operational_age as T,
        count(*) as n_customers
    from {{ ref('int_customers_at_origins') }} as customers
    group by
        customers.days_ago,
        customers.x,
        customers.operational_span,
        customers.operational_age
)

select * from histories
