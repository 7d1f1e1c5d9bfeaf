{#-
    Grain: one row per customer whom the regression scores, and part of the prediction:
    what the purchase models expect (0), the five features that move it most (1 to 5),
    and all else (6). The logarithms of the factors add up to that of the prediction.
-#}
with

scores as (
    select
        scores.customer_key,
        scores.predicted_net_revenue_amount as predicted,
        bases.base_net_revenue as base
    from {{ ref('int_regression_scores') }} as scores
    inner join {{ ref('int_regression_bases') }} as bases
        on
            scores.days_ago = bases.days_ago
            and scores.horizon_days = bases.horizon_days
            and scores.customer_key = bases.customer_key
    cross join {{ ref('int_models_selected') }} as selected
    where
        scores.days_ago = 0
        and scores.horizon_days = {{ var('clv_horizon_days') }}
        and selected.purchase_model = 'regression'
        and bases.base_net_revenue > 0
        and scores.predicted_net_revenue_amount > 0
),

-- By the unit of the feature; where a shorter horizon was learned from, half of it.
slopes as (
    select
        fits.feature,
        fits.feature_min,
        fits.feature_max,
        fits.feature_mean,
        fits.coefficient / fits.feature_deviation * case
            when fits.trained_horizon_days < fits.horizon_days then 0.5 else 1
        end as slope
    from {{ ref('py_clv_coefficients') }} as fits
    where
        fits.days_ago = 0
        and fits.horizon_days = {{ var('clv_horizon_days') }}
        and fits.target = 'net_revenue'
),

contributions as (
    select
        listed.customer_key,
        listed.feature,
        listed.words,
        listed.plain_value,
        (
            greatest(
                slopes.feature_min, least(slopes.feature_max, listed.feature_value)
            ) - slopes.feature_mean
        ) * slopes.slope as contribution
    from {{ ref('int_features_listed') }} as listed
    inner join slopes on listed.feature = slopes.feature
),

ranked as (
    select
        contributions.*,
        row_number() over (
            partition by contributions.customer_key
            order by abs(contributions.contribution) desc, contributions.feature asc
        ) as part
    from contributions
),

largest as (
    select ranked.*
    from ranked
    inner join scores on ranked.customer_key = scores.customer_key
    where ranked.part <= 5
),

parts as (
    select
        scores.customer_key,
        0 as part,
        'base' as feature,
        'Expected by the purchase models' as words,
        scores.base as plain_value,
        ln(scores.base) as contribution
    from scores
    union all
    select
        largest.customer_key,
        largest.part,
        largest.feature,
        largest.words,
        largest.plain_value,
        largest.contribution
    from largest
    union all
    select
        scores.customer_key,
        6 as part,
        'rest' as feature,
        'All else that is known' as words,
        cast(null as double) as plain_value,
        ln(scores.predicted / scores.base) - coalesce(sums.contribution, 0)
            as contribution
    from scores
    left join (
        select
            largest.customer_key,
            sum(cast(largest.contribution as decimal(28, 15))) as contribution
        from largest
        group by largest.customer_key
    ) as sums
        on scores.customer_key = sums.customer_key
),

final as (
    select
        parts.customer_key,
        cast(parts.part as integer) as part,
        parts.feature,
        parts.words,
        parts.plain_value,
        parts.contribution,
        exp(parts.contribution) as factor
    from parts
)

select * from final
