{#-
    Grain: one row per past origin, horizon, model, target and customer: what was
    predicted and came, as models are compared by it and intervals one horizon later
    learned from it. Without the season that is known then, the prediction is put on the
    level that came; but not that of the shrunk rate, which never knows one, nor that of
    the dormant, whose share had taken it for dormancy.
-#}
{{ config(materialized='view') }}
with

predictions as (
    select
        targets.days_ago,
        targets.horizon_days,
        targets.model,
        targets.target,
        targets.customer_key,
        targets.n_customers,
        targets.predicted_rank,
        targets.predicted,
        cast(targets.actual as double) as actual,
        origins.is_without_season,
        cast(sum(targets.actual) over by_test as double)
        / nullif(
            cast(
                sum(cast(targets.predicted as decimal(38, 10))) over by_test as double
            ), 0
        ) as level
    from {{ ref('int_backtest_targets') }} as targets
    inner join {{ ref('int_origin_seasons') }} as origins
        on
            targets.days_ago = origins.days_ago
            and targets.horizon_days = origins.horizon_days
    window by_test as (
        partition by
            targets.days_ago, targets.horizon_days, targets.model, targets.target
    )
),

final as (
    select
        predictions.days_ago,
        predictions.horizon_days,
        predictions.model,
        predictions.target,
        predictions.customer_key,
        predictions.n_customers,
        predictions.predicted_rank,
        predictions.predicted * case
            when
                predictions.is_without_season
                and predictions.level > 0
                and predictions.model not in ('shrunk_rate', 'btyd_dormant')
                then predictions.level
            else 1
        end as predicted,
        predictions.actual
    from predictions
)

select * from final
