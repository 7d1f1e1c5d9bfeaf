{#-
    Are people who use more channels worth more? People, buyers and revenue by the
    number of channels in which they made contact. Who buys often has more occasions to
    meet another channel, so the slope is no effect of channels.
-#}
with

counted as (
    select
        people.n_members as n_channels,
        count(*) as n_people,
        count(case when people.n_orders > 0 then 1 end) as n_customers,
        sum(people.n_orders) as n_orders,
        sum(people.revenue_amount) as revenue_amount
    from {{ ref('int_people_mixed') }} as people
    where people.mix_kind = 'channel'
    group by people.n_members
)

select
    counted.n_channels,
    counted.n_people,
    cast(counted.n_customers as double) / counted.n_people as customer_rate,
    {{ wilson_bound('counted.n_customers', 'counted.n_people', 'lower') }}
        as customer_rate_lower,
    {{ wilson_bound('counted.n_customers', 'counted.n_people', 'upper') }}
        as customer_rate_upper,
    cast(counted.n_orders as double) / counted.n_people as mean_orders,
    cast(counted.revenue_amount as double) / counted.n_people as mean_revenue_amount
from counted
order by counted.n_channels asc
