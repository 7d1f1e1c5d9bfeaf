{#-
    Grain: one row per origin, number of repeat purchases x and thousandth of the
    logarithm of their mean spend. The spend model sees repeat buyers by these bins,
    each at its geometric mean: exact in ln(spend), and off by less than 1e-7 in the
    rest.
-#}
with

spends as (
    select
        customers.days_ago,
        customers.x,
        ln(
            cast(customers.repeat_net_revenue_amount as double)
            / cast(customers.x as double)
        ) as log_spend
    from {{ ref('int_customers_at_origins') }} as customers
    where customers.x > 0 and customers.repeat_net_revenue_amount > 0
),

-- Sums of decimals are the same on any number of threads; sums of doubles are not.
binned as (
    select
        spends.days_ago,
        spends.x,
        floor(spends.log_spend * 1000) as log_spend_bin,
        sum(cast(spends.log_spend as decimal(38, 15))) as log_spend_sum,
        count(*) as n_customers
    from spends
    group by spends.days_ago, spends.x, floor(spends.log_spend * 1000)
),

histories as (
    select
        binned.days_ago,
        binned.x,
        exp(
            cast(binned.log_spend_sum as double) / cast(binned.n_customers as double)
        ) as mean_spend,
        binned.n_customers
    from binned
)

select * from histories
