{#-
    Grain: one row per origin and distinct purchase history (x, t_x, T), in days. All
    that a buy-till-you-die likelihood sees of the customers, however many there are.
-#}
with

histories as (
    select
        customers.days_ago,
        customers.x,
        customers.t_x,
        customers.T,
        count(*) as n_customers
    from {{ ref('int_customers_at_origins') }} as customers
    group by customers.days_ago, customers.x, customers.t_x, customers.T
)

select * from histories
