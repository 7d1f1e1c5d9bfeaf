{#-
    What do the best customers do in their first 30 days? For each touchpoint, how many
    of the best tenth by revenue had it within 30 days of their first contact, against
    all other customers whose first 30 days are over. It is a likeness, no cause.
-#}
with

customers as (
    select
        interactions.customer_key,
        min(interactions.occurred_at) as first_contact_at,
        sum(interactions.revenue_amount) as revenue_amount
    from {{ ref('fct_interactions') }} as interactions
    group by interactions.customer_key
    having max(case when interactions.stage_signal = 'order' then 1 else 0 end) = 1
),

ranked as (
    select
        customers.customer_key,
        customers.first_contact_at,
        percent_rank() over (order by customers.revenue_amount desc) <= 0.1 as is_best
    from customers
    cross join {{ ref('int_as_of') }} as as_of
    where {{ dbt.dateadd('day', 30, 'customers.first_contact_at') }} <= as_of.as_of_at
),

sizes as (
    select
        nullif(sum(case when ranked.is_best then 1 else 0 end), 0) as n_best,
        nullif(sum(case when ranked.is_best then 0 else 1 end), 0) as n_others
    from ranked
),

touched as (
    select
        ranked.customer_key,
        ranked.is_best,
        interactions.touchpoint
    from ranked
    inner join {{ ref('fct_interactions') }} as interactions
        on
            ranked.customer_key = interactions.customer_key
            and interactions.occurred_at
            < {{ dbt.dateadd('day', 30, 'ranked.first_contact_at') }}
    group by ranked.customer_key, ranked.is_best, interactions.touchpoint
),

counted as (
    select
        touched.touchpoint,
        sum(case when touched.is_best then 1 else 0 end) as n_best,
        sum(case when touched.is_best then 0 else 1 end) as n_others
    from touched
    group by touched.touchpoint
)

select
    counted.touchpoint,
    cast(counted.n_best as double) / sizes.n_best as best_share,
    cast(counted.n_others as double) / sizes.n_others as others_share,
    cast(counted.n_best as double) / sizes.n_best
    - cast(counted.n_others as double) / sizes.n_others as difference
from counted
cross join sizes
order by difference desc nulls last, counted.touchpoint asc
