{#-
    Grain: one row per origin and distinct purchase history (x, t_x, T), in days of
    operational time. All that a buy-till-you-die likelihood sees of the customers,
    however many there are.
-#}
with

-- Keys are hashes, so the first in their order are a random sample.
sample as (
    select max(first_keys.customer_key) as last_key
    from (
        select customers.customer_key
        from {{ ref('int_customers_at_origins') }} as customers
        where customers.days_ago = 0
        order by customers.customer_key
        limit {{ var('fit_customers') }}
    ) as first_keys
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
