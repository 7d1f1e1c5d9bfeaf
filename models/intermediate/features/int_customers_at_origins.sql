{#-
    Grain: one row per origin and customer who had bought by then: the sufficient
    statistics of the buy-till-you-die models, x, t_x and T, in days, and the spend,
    from what was known on that day. At the as-of day everybody; at earlier origins
    the sample of `backtest_customers`, so that backtests have a bounded cost.
-#}
with

origins as (
    select
        pairs.days_ago,
        pairs.origin_date,
        pairs.is_as_of
    from {{ ref('int_prediction_origins') }} as pairs
    group by pairs.days_ago, pairs.origin_date, pairs.is_as_of
),

-- Keys are hashes, so the first in their order are a random sample.
customers as (
    select
        days.customer_key,
        row_number() over (order by days.customer_key)
        <= {{ var('backtest_customers') }} as is_sampled
    from {{ ref('int_customer_purchase_days') }} as days
    group by days.customer_key
),

known_days as (
    select
        origins.days_ago,
        origins.origin_date,
        days.customer_key,
        days.purchase_date,
        sum(days.n_orders) as n_orders,
        sum(days.net_revenue_amount) as net_revenue_amount
    from {{ ref('int_revenue_days') }} as days
    inner join customers on days.customer_key = customers.customer_key
    inner join origins
        on
            (origins.is_as_of or customers.is_sampled)
            and days.known_date <= origins.origin_date
    group by
        origins.days_ago,
        origins.origin_date,
        days.customer_key,
        days.purchase_date
),

firsts as (
    select
        known_days.*,
        min(known_days.purchase_date) over (
            partition by known_days.days_ago, known_days.customer_key
        ) as first_purchase_date
    from known_days
),

totals as (
    select
        firsts.days_ago,
        firsts.origin_date,
        firsts.customer_key,
        firsts.first_purchase_date,
        max(firsts.purchase_date) as last_purchase_date,
        count(*) - 1 as x,
        cast(sum(firsts.n_orders) as bigint) as n_orders,
        cast(sum(firsts.net_revenue_amount) as decimal(18, 4)) as net_revenue_amount,
        cast(sum(
            case
                when firsts.purchase_date > firsts.first_purchase_date
                    then firsts.net_revenue_amount
                else 0
            end
        ) as decimal(18, 4)) as repeat_net_revenue_amount
    from firsts
    group by
        firsts.days_ago,
        firsts.origin_date,
        firsts.customer_key,
        firsts.first_purchase_date
),

final as (
    select
        totals.days_ago,
        totals.origin_date,
        totals.customer_key,
        totals.first_purchase_date,
        totals.last_purchase_date,
        totals.x,
        cast({{ dbt.datediff(
            'totals.first_purchase_date', 'totals.last_purchase_date', 'day'
        ) }} as bigint) as t_x,
        cast({{ dbt.datediff(
            'totals.first_purchase_date', 'totals.origin_date', 'day'
        ) }} as bigint) as T,
        totals.n_orders,
        totals.net_revenue_amount,
        totals.repeat_net_revenue_amount
    from totals
)

select * from final
