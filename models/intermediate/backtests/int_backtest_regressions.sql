{#-
    Grain: one row per past origin, horizon and customer: what the regression predicted,
    and what came, in the form of `int_backtest_predictions`.
-#}
with

predictions as (
    select
        scores.days_ago,
        scores.horizon_days,
        'regression' as model,
        scores.customer_key,
        outcomes.x,
        scores.predicted_orders,
        scores.predicted_net_revenue_amount,
        outcomes.actual_orders,
        outcomes.actual_net_revenue_amount
    from {{ ref('int_regression_scores') }} as scores
    inner join {{ ref('int_backtest_outcomes') }} as outcomes
        on
            scores.days_ago = outcomes.days_ago
            and scores.horizon_days = outcomes.horizon_days
            and scores.customer_key = outcomes.customer_key
    where scores.predicted_orders is not null
)

select * from predictions
