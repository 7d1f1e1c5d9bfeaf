{#-
    Grain: one row per prospect and horizon. Whether, when and for how much somebody who
    has not bought yet will, by the model that the backtests chose.
-#}
with

-- Over a horizon with too few buyers for the regression, how lately they came scores.
chosen as (
    select
        all_scores.horizon_days,
        case
            when max(case when all_scores.model = selected.model then 1 else 0 end) = 1
                then max(selected.model)
            else 'recency_rate'
        end as model
    from {{ ref('int_prospect_scores') }} as all_scores
    cross join {{ ref('int_prospect_models_selected') }} as selected
    where all_scores.days_ago = 0
    group by all_scores.horizon_days
),

scores as (
    select
        all_scores.*,
        rank() over (
            partition by all_scores.horizon_days
            order by all_scores.purchase_probability
        ) as predicted_rank,
        count(*) over (partition by all_scores.horizon_days) as n_prospects,
        -- Who buys within a horizon buys within each longer one.
        max(all_scores.purchase_probability) over longer as probability,
        max(all_scores.net_revenue) over longer as predicted_net_revenue
    from {{ ref('int_prospect_scores') }} as all_scores
    inner join chosen
        on
            all_scores.horizon_days = chosen.horizon_days
            and all_scores.model = chosen.model
    where all_scores.days_ago = 0
    window longer as (
        partition by all_scores.customer_key
        order by all_scores.horizon_days
        rows between unbounded preceding and current row
    )
),

predictions as (
    select
        scores.customer_key,
        cast(scores.horizon_days as integer) as horizon_days,
        scores.model,
        cast(scores.trained_horizon_days as integer) as trained_horizon_days,
        scores.probability as purchase_probability,
        -- Functions of the least and the greatest pass over nulls.
        case
            when bounds.lower_ratio is not null
                then
                    least(
                        scores.probability,
                        scores.purchase_probability * bounds.lower_ratio
                    )
        end as purchase_probability_lower,
        case
            when bounds.upper_ratio is not null
                then
                    least(1, greatest(
                        scores.probability,
                        scores.purchase_probability * bounds.upper_ratio
                    ))
        end as purchase_probability_upper,
        cast(
            1 + floor(10.0 * (scores.predicted_rank - 1) / scores.n_prospects)
            as integer
        ) as decile,
        scores.days_until as predicted_days_until_purchase,
        cast(scores.predicted_net_revenue as decimal(18, 4))
            as predicted_net_revenue_amount,
        cast(scores.predicted_net_revenue * horizons.margin_rate as decimal(18, 4))
            as predicted_margin_amount,
        cast(
            scores.predicted_net_revenue * horizons.margin_rate
            * horizons.steady_discount as decimal(18, 4)
        ) as clv_amount
    from scores
    inner join {{ ref('int_clv_horizons') }} as horizons
        on scores.horizon_days = horizons.horizon_days
    left join {{ ref('int_prospect_bounds') }} as bounds
        on
            scores.horizon_days = bounds.horizon_days
            and bounds.tier
            = {{ prospect_tier('scores.predicted_rank', 'scores.n_prospects') }}
)

select * from predictions
