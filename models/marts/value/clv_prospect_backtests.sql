{#-
    Grain: one row per model, origin and horizon. How far off predictions of prospects
    from that day were, beside the rates that anybody could have had; and whether it is
    the model that scores them.
-#}
with

-- Sums of decimals are the same on any number of threads; sums of doubles are not.
summed as (
    select
        tested.model,
        tested.days_ago,
        tested.horizon_days,
        cast(count(*) as double) as n,
        cast(sum(tested.buys) as double) as buyers,
        cast(sum(cast(tested.purchase_probability as decimal(28, 12))) as double)
            as predicted,
        cast(sum(cast(tested.log_loss as decimal(28, 12))) as double) as log_loss,
        cast(sum(cast(
            power(tested.buys - tested.purchase_probability, 2) as decimal(28, 12)
        )) as double) as squared_error,
        cast(sum(tested.buys * tested.doubled_rank) as double) as ranks_of_buyers,
        cast(sum(
            case when tested.decile = 10 then tested.buys end
        ) as double) as buyers_of_top_decile,
        avg(cast(
            case when tested.buys = 1 then tested.predicted_days_until end
            as decimal(18, 6)
        )) as predicted_days,
        avg(tested.days_until) as days,
        sum(cast(tested.predicted_net_revenue as decimal(28, 8)))
            as predicted_net_revenue,
        sum(tested.net_revenue_amount) as net_revenue
    from {{ ref('int_prospects_tested') }} as tested
    group by tested.model, tested.days_ago, tested.horizon_days
),

calibrations as (
    select
        calibration.model,
        calibration.origin_date,
        calibration.horizon_days,
        sum(cast(
            abs(calibration.predicted_buyers - calibration.n_buyers) as decimal(28, 8)
        )) as absolute_error
    from {{ ref('clv_prospect_calibration') }} as calibration
    group by
        calibration.model,
        calibration.origin_date,
        calibration.horizon_days
),

-- The mean of n doubled ranks is n + 1.
final as (
    select
        summed.model,
        calibrations.origin_date,
        summed.horizon_days,
        summed.model = selected.model as is_champion,
        cast(summed.n as bigint) as n_prospects,
        cast(summed.buyers as bigint) as n_buyers,
        summed.predicted as predicted_buyers,
        summed.predicted / nullif(summed.buyers, 0) - 1 as bias_rate,
        summed.log_loss / summed.n as log_loss,
        summed.squared_error / summed.n as brier_score,
        (summed.ranks_of_buyers - (summed.n + 1) * summed.buyers)
        / nullif(summed.buyers * (summed.n - summed.buyers), 0) as normalized_gini,
        summed.buyers_of_top_decile / nullif(summed.buyers, 0) as top_decile_share,
        cast(calibrations.absolute_error as double) / nullif(summed.buyers, 0)
            as calibration_error,
        cast(summed.predicted_days as double) as predicted_mean_days,
        cast(summed.days as double) as actual_mean_days,
        cast(summed.predicted_net_revenue as decimal(18, 4))
            as predicted_net_revenue_amount,
        cast(summed.net_revenue as decimal(18, 4)) as actual_net_revenue_amount
    from summed
    inner join {{ ref('int_prediction_origins') }} as origins
        on
            summed.days_ago = origins.days_ago
            and summed.horizon_days = origins.horizon_days
    inner join calibrations
        on
            summed.model = calibrations.model
            and origins.origin_date = calibrations.origin_date
            and summed.horizon_days = calibrations.horizon_days
    cross join {{ ref('int_prospect_models_selected') }} as selected
)

select * from final
