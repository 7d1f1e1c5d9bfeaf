{#-
    Grain: one row per model, latest past origin of a horizon and week after it: what
    all customers known at the origin were expected to buy by then, and did.
-#}
with

tracks as (
    select
        cast(tracks.days_ago as integer) as days_ago,
        cast(tracks.horizon_days as integer) as horizon_days,
        cast(tracks.model as varchar) as model,
        cast(tracks.days_ahead as integer) as days_ahead,
        tracks.expected_orders
    from {{ ref('py_backtest_tracks') }} as tracks
),

customers as (
    select
        customers.days_ago,
        customers.origin_date,
        customers.customer_key
    from {{ ref('int_customers_at_origins') }} as customers
    where customers.days_ago > 0
),

totals as (
    select
        customers.days_ago,
        customers.origin_date,
        count(*) as n_customers
    from customers
    group by customers.days_ago, customers.origin_date
),

purchases as (
    select
        customers.days_ago,
        {{ dbt.datediff('customers.origin_date', 'days.purchase_date', 'day') }}
            as days_ahead,
        count(*) as n_purchases
    from customers
    inner join {{ ref('int_customer_purchase_days') }} as days
        on
            customers.customer_key = days.customer_key
            and customers.origin_date < days.purchase_date
    group by
        customers.days_ago,
        {{ dbt.datediff('customers.origin_date', 'days.purchase_date', 'day') }}
),

actuals as (
    select
        weeks.days_ago,
        weeks.days_ahead,
        sum(purchases.n_purchases) as actual_orders
    from (
        select
            tracks.days_ago,
            tracks.days_ahead
        from tracks
        group by tracks.days_ago, tracks.days_ahead
    ) as weeks
    inner join purchases
        on
            weeks.days_ago = purchases.days_ago
            and weeks.days_ahead >= purchases.days_ahead
    group by weeks.days_ago, weeks.days_ahead
),

final as (
    select
        tracks.model,
        totals.origin_date,
        tracks.horizon_days,
        tracks.days_ahead,
        cast({{ dbt.dateadd(
            'day', 'tracks.days_ahead', 'totals.origin_date'
        ) }} as date) as week_end_date,
        totals.n_customers,
        tracks.expected_orders as predicted_cumulative_orders,
        cast(coalesce(actuals.actual_orders, 0) as bigint) as actual_cumulative_orders,
        tracks.expected_orders / nullif(actuals.actual_orders, 0) - 1 as bias_rate
    from tracks
    inner join totals on tracks.days_ago = totals.days_ago
    left join actuals
        on
            tracks.days_ago = actuals.days_ago
            and tracks.days_ahead = actuals.days_ahead
)

select * from final
