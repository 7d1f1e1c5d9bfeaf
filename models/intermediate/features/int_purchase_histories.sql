{#-
    Grain: one row per origin and distinct purchase history (x, t_x, T), in days of
    operational time. All that a buy-till-you-die likelihood sees of the customers,
    however many there are.
-#}
with

sample as (
    {{ last_sampled_key(ref('int_customer_purchase_summary'), var('fit_customers')) }}
),

histories as (
    select
        customers.days_ago,
        customers.x,
        customers.operational_span as t_x,
        customers.operational_age as T,
        count(*) as n_customers,
        count(case when customers.customer_key <= sample.last_key then 1 end)
            as n_fitted
    from {{ ref('int_customers_at_origins') }} as customers
    cross join sample
    group by
        customers.days_ago,
        customers.x,
        customers.operational_span,
        customers.operational_age
)

select * from histories
