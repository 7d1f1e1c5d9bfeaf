{#-
    Grain: one row per model, origin, horizon, target and tenth of the customers by what
    was predicted of them: the predicted and the actual means.
-#}
with

tenths as (
    select
        targets.model,
        targets.days_ago,
        targets.horizon_days,
        targets.target,
        targets.decile,
        count(*) as n_customers,
        cast(sum(cast(targets.predicted as decimal(28, 8))) as double)
            as predicted_total,
        cast(sum(targets.actual) as double) as actual_total
    from {{ ref('int_backtest_targets') }} as targets
    group by
        targets.model,
        targets.days_ago,
        targets.horizon_days,
        targets.target,
        targets.decile
),

origins as (
    select
        pairs.days_ago,
        pairs.horizon_days,
        pairs.origin_date
    from {{ ref('int_prediction_origins') }} as pairs
),

final as (
    select
        tenths.model,
        origins.origin_date,
        tenths.horizon_days,
        tenths.target,
        tenths.decile,
        tenths.n_customers,
        tenths.predicted_total,
        tenths.actual_total,
        tenths.predicted_total / tenths.n_customers as predicted_mean,
        tenths.actual_total / tenths.n_customers as actual_mean
    from tenths
    inner join origins
        on
            tenths.days_ago = origins.days_ago
            and tenths.horizon_days = origins.horizon_days
)

select * from final
