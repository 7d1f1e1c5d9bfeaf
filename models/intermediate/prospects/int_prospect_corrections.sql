{#-
    Grain: one row per origin, horizon, target and prospect: the linear predictor of
    the regression that was fitted on what was known at the origin. `buys` is a logit,
    `days_until` and `net_revenue` are logarithms.
-#}
{%- set values = feature_values(prospect_features()) -%}
with

slopes as (
    select
        fits.days_ago,
        fits.horizon_days,
        fits.target,
        {{ slopes_by_feature(values) }},
        coalesce(max(case when fits.feature = 'level' then fits.coefficient end), 0)
            as level
    from {{ ref('py_prospect_coefficients') }} as fits
    group by fits.days_ago, fits.horizon_days, fits.target
),

linear as (
    select
        cast(slopes.days_ago as integer) as days_ago,
        cast(slopes.horizon_days as integer) as horizon_days,
        cast(slopes.target as varchar) as target,
        features.customer_key,
        slopes.level + {{ linear_predictor(values) }} as linear_predictor
    from slopes
    inner join {{ ref('int_prospect_features') }} as features
        on slopes.days_ago = features.days_ago
)

select * from linear
