{#-
    Grain: one row per prospect and horizon. Whether, when and for how much somebody who
    has not bought yet will, by the model that the backtests chose.
-#}
with

predictions as (
    select
        scored.customer_key,
        cast(scored.horizon_days as integer) as horizon_days,
        scored.model,
        cast(scored.trained_horizon_days as integer) as trained_horizon_days,
        scored.purchase_probability,
        -- Functions of the least and the greatest pass over nulls.
        case
            when bounds.lower_ratio is not null
                then
                    least(
                        scored.purchase_probability,
                        scored.own_probability * bounds.lower_ratio
                    )
        end as purchase_probability_lower,
        case
            when bounds.upper_ratio is not null
                then
                    least(1, greatest(
                        scored.purchase_probability,
                        scored.own_probability * bounds.upper_ratio
                    ))
        end as purchase_probability_upper,
        cast(
            1 + floor(10.0 * (scored.predicted_rank - 1) / scored.n_prospects)
            as integer
        ) as decile,
        scored.days_until as predicted_days_until_purchase,
        cast(scored.net_revenue as decimal(18, 4))
            as predicted_net_revenue_amount,
        cast(scored.net_revenue * horizons.margin_rate as decimal(18, 4))
            as predicted_margin_amount,
        cast(
            scored.net_revenue * horizons.margin_rate
            * horizons.steady_discount as decimal(18, 4)
        ) as clv_amount
    from {{ ref('int_prospects_scored') }} as scored
    inner join {{ ref('int_clv_horizons') }} as horizons
        on scored.horizon_days = horizons.horizon_days
    left join {{ ref('int_prospect_bounds') }} as bounds
        on
            scored.horizon_days = bounds.horizon_days
            and bounds.tier
            = {{ prospect_tier('scored.predicted_rank', 'scored.n_prospects') }}
)

select * from predictions
