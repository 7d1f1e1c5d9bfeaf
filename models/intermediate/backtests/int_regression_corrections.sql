{#-
    Grain: one row per origin, horizon that was learned from and customer: the logarithm
    of what the regression makes of how often they buy, by all that is known but the
    expectation that it corrects, and of what a purchase brings.
-#}
{{ config(materialized='view') }}
{%- set values = feature_values(clv_features()) -%}
{%- set targets = ['orders', 'spend'] -%}
with

-- Both are learned from the same rows, and so with the same means.
slopes as (
    select
        fits.days_ago,
        fits.trained_horizon_days,
        {{ slopes_by_feature(values, targets) }}
    from {{ ref('py_clv_coefficients') }} as fits
    group by fits.days_ago, fits.trained_horizon_days
),

centred as (
    select
        features.days_ago,
        slopes.trained_horizon_days,
        features.customer_key,
        {% for feature, value in values.items() -%}
        {{ from_mean(feature, value) }} as {{ feature }},
        {% for target in targets -%}
        coalesce(slopes.slope_{{ feature }}_{{ target }}, 0)
            as slope_{{ feature }}_{{ target }},
        {% endfor -%}
        {% endfor -%}
        slopes.intercept_orders,
        slopes.intercept_spend
    from {{ ref('int_features_at_origins') }} as features
    inner join slopes on features.days_ago = slopes.days_ago
),

corrections as (
    select
        centred.days_ago,
        cast(centred.trained_horizon_days as integer) as trained_horizon_days,
        {% for target in targets -%}
        {{ centred_predictor(values, target) }} as log_{{ target }},
        {% endfor -%}
        centred.customer_key
    from centred
)

select * from corrections
