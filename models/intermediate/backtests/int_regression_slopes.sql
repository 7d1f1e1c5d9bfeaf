{#-
    Grain: one row per origin, horizon and target: the regression's coefficients side by
    side, by the unit of each feature; a feature that did not vary has none.
-#}
{{ config(materialized='ephemeral') }}

{%- set features = ['log_base'] + clv_features() | map(attribute='name') | list -%}
{%- set columns = ['feature_min', 'feature_max', 'feature_mean'] -%}
with

slopes as (
    select
        cast(coefficients.days_ago as integer) as days_ago,
        cast(coefficients.horizon_days as integer) as horizon_days,
        cast(coefficients.target as varchar) as target,
        {% for feature in features -%}
        {% for column in columns -%}
        max(
            case
                when coefficients.feature = '{{ feature }}'
                    then coefficients.{{ column }}
            end
        ) as {{ column[8:] }}_{{ feature }},
        {% endfor -%}
        max(
            case
                when coefficients.feature = '{{ feature }}'
                    then coefficients.coefficient / coefficients.feature_deviation
            end
        ) as slope_{{ feature }},
        {% endfor -%}
        max(
            case
                when coefficients.feature = 'intercept' then coefficients.coefficient
            end
        ) as intercept,
        cast(max(coefficients.trained_horizon_days) as integer)
            as trained_horizon_days
    from {{ ref('py_clv_coefficients') }} as coefficients
    group by
        coefficients.days_ago,
        coefficients.horizon_days,
        coefficients.target
)

select * from slopes
