{#-
    Grain: one row per origin, horizon and customer: the regression's prediction, from
    the coefficients fitted on what was known at the origin.
-#}
with

-- A part of a year says little about the level of the next part, which is of another
-- season: who buys more than whom is the regression's, how much in all the base's.
levels as (
    select
        corrections.days_ago,
        corrections.horizon_days,
        corrections.target,
        case
            when max(corrections.trained_horizon_days) >= 365 then 1
            else
                cast(sum(cast(corrections.base as decimal(28, 10))) as double)
                / cast(sum(cast(corrections.corrected as decimal(28, 10))) as double)
        end as level
    from {{ ref('int_regression_corrections') }} as corrections
    group by corrections.days_ago, corrections.horizon_days, corrections.target
),

scores as (
    select
        corrections.days_ago,
        corrections.horizon_days,
        corrections.customer_key,
        max(
            case
                when corrections.target = 'orders'
                    then corrections.corrected * levels.level
            end
        ) as predicted_orders,
        max(
            case
                when corrections.target = 'net_revenue'
                    then corrections.corrected * levels.level
            end
        ) as predicted_net_revenue_amount
    from {{ ref('int_regression_corrections') }} as corrections
    inner join levels
        on
            corrections.days_ago = levels.days_ago
            and corrections.horizon_days = levels.horizon_days
            and corrections.target = levels.target
    group by
        corrections.days_ago,
        corrections.horizon_days,
        corrections.customer_key
)

select * from scores
