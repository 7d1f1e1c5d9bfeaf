{#-
    Grain: one row per origin, spend model, number of purchases x and thousandth of the
    logarithm of their mean spend. The spend models see customers by these bins, each at
    its geometric mean: exact in ln(spend), and off by less than 1e-7 in the rest.
-#}
with

totals as (
    select
        customers.days_ago,
        'gamma_gamma' as model,
        customers.x,
        cast(customers.repeat_net_revenue_amount as double) as net_revenue
    from {{ ref('int_customers_at_origins') }} as customers
    where customers.x > 0
    union all
    select
        customers.days_ago,
        'gamma_gamma_first' as model,
        customers.x + 1 as x,
        cast(customers.net_revenue_amount as double) as net_revenue
    from {{ ref('int_customers_at_origins') }} as customers
),

spends as (
    select
        totals.days_ago,
        totals.model,
        totals.x,
        ln(totals.net_revenue / cast(totals.x as double)) as log_spend
    from totals
    where totals.net_revenue > 0
),

-- Sums of decimals are the same on any number of threads; sums of doubles are not.
binned as (
    select
        spends.days_ago,
        spends.model,
        spends.x,
        floor(spends.log_spend * 1000) as log_spend_bin,
        sum(cast(spends.log_spend as decimal(38, 15))) as log_spend_sum,
        count(*) as n_customers
    from spends
    group by
        spends.days_ago,
        spends.model,
        spends.x,
        floor(spends.log_spend * 1000)
),

histories as (
    select
        binned.days_ago,
        binned.model,
        binned.x,
        exp(
            cast(binned.log_spend_sum as double) / cast(binned.n_customers as double)
        ) as mean_spend,
        binned.n_customers
    from binned
)

select * from histories
