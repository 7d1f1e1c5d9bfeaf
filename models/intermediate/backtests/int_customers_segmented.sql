{#-
    Grain: one row per customer on the as-of day, and on the newest past day from which
    the champion's predictions have come due: the segments that they were in on that
    day, by what was known then, what was predicted, and of the past day what came.
-#}
with

-- Over the headline horizon if it can be; else the longest one.
backtests as (
    select
        targets.days_ago,
        targets.horizon_days,
        targets.model,
        row_number() over (
            order by
                case
                    when targets.horizon_days = {{ var('clv_horizon_days') }} then 0
                    else 1
                end asc,
                targets.horizon_days desc,
                targets.days_ago asc
        ) as preference
    from {{ ref('int_backtest_targets') }} as targets
    inner join {{ ref('int_models_selected') }} as selected
        on targets.model = selected.purchase_model
    group by targets.days_ago, targets.horizon_days, targets.model
),

predictions as (
    select
        0 as days_ago,
        clv_customers.horizon_days,
        clv_customers.customer_key,
        rank() over (order by clv_customers.predicted_net_revenue_amount)
            as predicted_rank,
        count(*) over () as n_customers,
        cast(clv_customers.predicted_net_revenue_amount as double)
            as predicted_net_revenue,
        cast(null as decimal(18, 4)) as actual_net_revenue_amount
    from {{ ref('clv_customers') }} as clv_customers
    union all
    select
        targets.days_ago,
        targets.horizon_days,
        targets.customer_key,
        targets.predicted_rank,
        targets.n_customers,
        targets.predicted as predicted_net_revenue,
        targets.actual as actual_net_revenue_amount
    from {{ ref('int_backtest_targets') }} as targets
    inner join backtests
        on
            targets.days_ago = backtests.days_ago
            and targets.horizon_days = backtests.horizon_days
            and targets.model = backtests.model
            and backtests.preference = 1
    where targets.target = 'net_revenue'
),

scored as (
    select
        predictions.*,
        customers.origin_date,
        {{ rfm_score(
            'rank() over (
                partition by predictions.days_ago
                order by customers.T - customers.t_x desc
            ) - 1',
            'predictions.n_customers',
        ) }} as recency_score,
        {{ rfm_score(
            'rank() over (
                partition by predictions.days_ago
                order by customers.n_orders
            ) - 1',
            'predictions.n_customers',
        ) }} as frequency_score
    from predictions
    inner join {{ ref('int_customers_at_origins') }} as customers
        on
            predictions.days_ago = customers.days_ago
            and predictions.customer_key = customers.customer_key
),

segmented as (
    select
        scored.days_ago,
        scored.origin_date,
        scored.horizon_days,
        scored.customer_key,
        {{ predicted_tier('scored.predicted_rank', 'scored.n_customers') }}
            as value_tier,
        grid.rfm_segment,
        coalesce(measured.stage, '(none)') as stage,
        scored.predicted_net_revenue,
        scored.actual_net_revenue_amount
    from scored
    left join {{ ref('rfm_segment_grid') }} as grid
        on
            scored.recency_score = grid.recency_score
            and scored.frequency_score = grid.frequency_score
    left join {{ ref('int_features_measured') }} as measured
        on
            scored.days_ago = measured.days_ago
            and scored.customer_key = measured.customer_key
)

select * from segmented
