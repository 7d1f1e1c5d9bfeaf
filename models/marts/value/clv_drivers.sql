{#-
    Grain: one row per person and part of the prediction: what is expected of the average
    customer or prospect (0), what moves theirs most (1 to 5), and all else (6), if there
    is any. The logarithms of the factors add up to that of the prediction.
-#}
{%- set value = 'listed.feature_value' -%}
with

predictions as (
    {% for model in ['int_customers_scored', 'int_prospects_scored'] -%}
    select
        scored.customer_key,
        ln(scored.net_revenue) as log_prediction
    from {{ ref(model) }} as scored
    where
        scored.horizon_days = {{ var('clv_horizon_days') }}
        and scored.net_revenue > 0
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

regressed as (
    select scored.customer_key
    from {{ ref('int_customers_scored') }} as scored
    where
        scored.horizon_days = {{ var('clv_horizon_days') }}
        and scored.net_revenue > 0
        and scored.purchase_model = 'regression'
),

-- Of how often and for how much, which are learned from the same values, by the unit
-- of the feature; learned over a shorter horizon, for that share of it.
slopes as (
    select
        fits.feature,
        max(fits.feature_min) as feature_min,
        max(fits.feature_max) as feature_max,
        max(fits.feature_mean) as feature_mean,
        sum(
            fits.coefficient / fits.feature_deviation
            * fits.trained_horizon_days / fits.horizon_days
        ) as slope
    from {{ ref('py_clv_coefficients') }} as fits
    where
        fits.days_ago = 0
        and fits.horizon_days = {{ var('clv_horizon_days') }}
    group by fits.feature
),

contributions as (
    {% for model in ['int_expectations_explained', 'int_prospects_explained'] -%}
    select
        explained.customer_key,
        explained.feature,
        explained.words,
        explained.plain_value,
        explained.contribution
    from {{ ref(model) }} as explained
    union all
    {% endfor -%}
    select
        listed.customer_key,
        listed.feature,
        listed.words,
        listed.plain_value,
        (
            {{ clipped(value, 'slopes.feature_min', 'slopes.feature_max') }}
            - slopes.feature_mean
        ) * slopes.slope as contribution
    from {{ ref('int_features_listed') }} as listed
    inner join regressed on listed.customer_key = regressed.customer_key
    inner join slopes on listed.feature = slopes.feature
),

ranked as (
    select
        contributions.*,
        row_number() over (
            partition by contributions.customer_key
            order by
                case when contributions.feature = 'base' then 0 else 1 end asc,
                abs(contributions.contribution) desc,
                contributions.feature asc
        ) - 1 as part
    from contributions
),

largest as (
    select ranked.*
    from ranked
    where ranked.part <= 5
),

explained as (
    select
        largest.customer_key,
        sum(cast(largest.contribution as decimal(28, 15))) as contribution
    from largest
    group by largest.customer_key
),

parts as (
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
        predictions.customer_key,
        6 as part,
        'rest' as feature,
        'All else that is known' as words,
        cast(null as double) as plain_value,
        predictions.log_prediction - cast(explained.contribution as double)
            as contribution
    from predictions
    inner join explained on predictions.customer_key = explained.customer_key
    -- More than is lost by computing.
    where
        abs(predictions.log_prediction - cast(explained.contribution as double)) > 1e-9
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
