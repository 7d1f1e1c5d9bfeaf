{#-
    Grain: one row per origin, horizon, customer and target: what the purchase models
    expect, and that times the correction which the regression learned by the origin.
-#}
{%- set values = dict(log_base='ln(bases.base)', **feature_values(clv_features())) -%}
with

slopes as (
    select
        fits.days_ago,
        fits.horizon_days,
        fits.target,
        {{ slopes_by_feature(values) }},
        max(fits.trained_horizon_days) as trained_horizon_days
    from {{ ref('py_clv_coefficients') }} as fits
    group by fits.days_ago, fits.horizon_days, fits.target
),

bases as (
    {% for target in ['orders', 'net_revenue'] -%}
    select
        bases.days_ago,
        bases.horizon_days,
        bases.customer_key,
        '{{ target }}' as target,
        greatest(bases.base_{{ target }}, 1e-8) as base
    from {{ ref('int_regression_bases') }} as bases
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

corrections as (
    select
        bases.days_ago,
        bases.horizon_days,
        bases.customer_key,
        bases.target,
        slopes.trained_horizon_days,
        bases.base,
        {{ linear_predictor(values) }} as log_correction
    from bases
    inner join slopes
        on
            bases.days_ago = slopes.days_ago
            and bases.horizon_days = slopes.horizon_days
            and bases.target = slopes.target
    inner join {{ ref('int_features_at_origins') }} as features
        on
            bases.days_ago = features.days_ago
            and bases.customer_key = features.customer_key
),

-- A correction that was learned over a shorter horizon is taken for that share of it,
-- and nobody is corrected by more than e^4, some fifty times, in either direction.
final as (
    select
        cast(corrections.days_ago as integer) as days_ago,
        cast(corrections.horizon_days as integer) as horizon_days,
        corrections.customer_key,
        corrections.target,
        cast(corrections.trained_horizon_days as integer) as trained_horizon_days,
        corrections.base,
        corrections.base * exp(greatest(-4, least(
            4,
            corrections.log_correction
            * corrections.trained_horizon_days / corrections.horizon_days
        ))) as corrected
    from corrections
)

select * from final
