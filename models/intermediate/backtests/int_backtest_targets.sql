{#-
    Grain: one row per past origin, horizon, model, target and customer: purchase days
    or net revenue, predicted and actual, and their ranks among all customers, equal
    values at the middle of theirs, and doubled to be whole numbers.
-#}
with

predictions as (
    select * from {{ ref('int_backtest_predictions') }}
    union all
    select * from {{ ref('int_backtest_regressions') }}
),

targets as (
    select
        predictions.days_ago,
        predictions.horizon_days,
        predictions.model,
        'orders' as target,
        predictions.customer_key,
        predictions.x,
        predictions.predicted_orders as predicted,
        cast(predictions.actual_orders as decimal(18, 4)) as actual
    from predictions
    union all
    select
        predictions.days_ago,
        predictions.horizon_days,
        predictions.model,
        'net_revenue' as target,
        predictions.customer_key,
        predictions.x,
        predictions.predicted_net_revenue_amount as predicted,
        predictions.actual_net_revenue_amount as actual
    from predictions
),

ranked as (
    select
        targets.*,
        count(*) over by_test as n_customers,
        rank() over by_prediction as predicted_rank,
        rank() over by_actual as actual_rank,
        count(*) over by_equal_prediction as n_predicted_alike,
        count(*) over by_equal_actual as n_actual_alike
    from targets
    window
        by_test as (
            partition by
                targets.days_ago, targets.horizon_days, targets.model, targets.target
        ),
        by_prediction as (
            partition by
                targets.days_ago, targets.horizon_days, targets.model, targets.target
            order by targets.predicted
        ),
        by_actual as (
            partition by
                targets.days_ago, targets.horizon_days, targets.model, targets.target
            order by targets.actual
        ),
        by_equal_prediction as (
            partition by
                targets.days_ago, targets.horizon_days, targets.model, targets.target
            order by targets.predicted
            range between current row and current row
        ),
        by_equal_actual as (
            partition by
                targets.days_ago, targets.horizon_days, targets.model, targets.target
            order by targets.actual
            range between current row and current row
        )
),

final as (
    select
        ranked.days_ago,
        ranked.horizon_days,
        ranked.model,
        ranked.target,
        ranked.customer_key,
        ranked.x,
        ranked.predicted,
        ranked.actual,
        ranked.n_customers,
        ranked.predicted_rank,
        2 * ranked.predicted_rank + ranked.n_predicted_alike - 1
            as doubled_predicted_rank,
        2 * ranked.actual_rank + ranked.n_actual_alike - 1 as doubled_actual_rank,
        -- As RFM scores are made: how many tenths are strictly below.
        cast(
            1 + floor(10.0 * (ranked.predicted_rank - 1) / ranked.n_customers)
            as integer
        ) as decile
    from ranked
)

select * from final
