{#-
    Grain: one row per past origin, horizon, model, target and customer: what was
    predicted and came, as intervals one horizon later are learned from it. Without the
    season that is known then, the prediction is put on the level that came.
-#}
{{ config(materialized='view') }}
with

seasons as (
    select
        days.days_ago,
        count(days.ci_lower) > 0 as is_learned
    from {{ ref('int_operational_days') }} as days
    group by days.days_ago
),

-- Whether the origin that the intervals are for knows a season that this one did not.
origins as (
    select
        origins.days_ago,
        origins.horizon_days,
        coalesce(later.is_learned and not seasons.is_learned, false)
            as is_without_season
    from {{ ref('int_prediction_origins') }} as origins
    left join seasons on origins.days_ago = seasons.days_ago
    left join seasons as later
        on origins.days_ago - origins.horizon_days = later.days_ago
),

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
    inner join origins
        on
            targets.days_ago = origins.days_ago
            and targets.horizon_days = origins.horizon_days
    window by_test as (
        partition by
            targets.days_ago, targets.horizon_days, targets.model, targets.target
    )
),

-- How much in all came without the season says nothing of how much comes with it.
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
            when predictions.is_without_season and predictions.level > 0
                then predictions.level
            else 1
        end as predicted,
        predictions.actual
    from predictions
)

select * from final
