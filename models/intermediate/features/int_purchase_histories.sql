{#-
    Grain: one row per distinct purchase history (x, t_x, T), in days. All that a
    buy-till-you-die likelihood sees of the customers, however many there are.
-#}
with

histories as (
    select
        summary.x,
        summary.t_x,
        summary.T,
        count(*) as n_customers
    from {{ ref('int_customer_purchase_summary') }} as summary
    group by summary.x, summary.t_x, summary.T
)

select * from histories
