{#-
    Grain: one row per origin, customer and day with a purchase by then; what the day
    brought is net of the refunds that were known at the origin. At the as-of day
    everybody; at earlier origins the sample of `backtest_customers`, so that backtests
    have a bounded cost.
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

customers as (
    select
        days.customer_key,
        min(days.purchase_date) as first_purchase_date
    from {{ ref('int_customer_purchase_days') }} as days
    group by days.customer_key
),

sample as (
    {{ last_sampled_key('customers', var('backtest_customers')) }}
),

sampled as (
    select
        customers.*,
        coalesce(customers.customer_key <= sample.last_key, false) as is_sampled
    from customers
    cross join sample
),

-- All refunds of today are known on the as-of day. For earlier days the sample is cut
-- out by its last key, before anything is joined.
purchases as (
    select
        origins.days_ago,
        origins.origin_date,
        sampled.customer_key,
        sampled.is_sampled,
        sampled.first_purchase_date,
        days.purchase_date,
        days.n_orders,
        days.net_revenue_amount
    from {{ ref('int_customer_purchase_days') }} as days
    inner join sampled on days.customer_key = sampled.customer_key
    inner join origins on origins.is_as_of
    union all
    select
        origins.days_ago,
        origins.origin_date,
        sampled.customer_key,
        sampled.is_sampled,
        sampled.first_purchase_date,
        days.purchase_date,
        cast(sum(days.n_orders) as bigint) as n_orders,
        cast(sum(days.net_revenue_amount) as decimal(18, 4)) as net_revenue_amount
    from {{ ref('int_revenue_days') }} as days
    inner join sample on days.customer_key <= sample.last_key
    inner join sampled on days.customer_key = sampled.customer_key
    inner join origins
        on
            not origins.is_as_of
            and days.known_date <= origins.origin_date
    group by
        origins.days_ago,
        origins.origin_date,
        sampled.customer_key,
        sampled.is_sampled,
        sampled.first_purchase_date,
        days.purchase_date
)

select * from purchases
