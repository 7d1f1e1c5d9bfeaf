{#-
    Grain: one row per distinct purchase history (x, t_x, T), of a sample of
    `backtest_customers`, in days of operational time; with the gaps between purchases,
    which say how regular they are.
-#}
with

-- Keys are hashes, so the first in their order are a random sample.
customers as (
    select
        summary.customer_key,
        summary.x,
        summary.operational_span as t_x,
        summary.operational_age as T
    from {{ ref('int_customer_purchase_summary') }} as summary
    order by summary.customer_key
    limit {{ var('backtest_customers') }}
),

purchases as (
    select
        customers.customer_key,
        days.operational_day - lag(days.operational_day) over (
            partition by customers.customer_key order by days.calendar_date
        ) as gap_days
    from customers
    inner join {{ ref('int_customer_purchase_days') }} as purchase_days
        on customers.customer_key = purchase_days.customer_key
    inner join {{ ref('int_operational_days') }} as days
        on
            purchase_days.purchase_date = days.calendar_date
            and days.days_ago = 0
            and days.days_ahead <= 0
),

-- Sums of decimals are the same on any number of threads; sums of doubles are not.
gaps as (
    select
        purchases.customer_key,
        coalesce(sum(cast(ln(purchases.gap_days) as decimal(18, 9))), 0) as log_gaps
    from purchases
    group by purchases.customer_key
),

histories as (
    select
        customers.x,
        customers.t_x,
        customers.T,
        cast(sum(gaps.log_gaps) as double) / count(*) as log_gaps,
        count(*) as n_customers
    from customers
    inner join gaps on customers.customer_key = gaps.customer_key
    group by customers.x, customers.t_x, customers.T
)

select * from histories
