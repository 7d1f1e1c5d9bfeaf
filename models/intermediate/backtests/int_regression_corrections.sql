{#-
    Grain: one row per origin, horizon, customer and target: what the purchase models
    expect, and that times the correction which the regression learned by the origin.
-#}
{%- set features = clv_features() | map(attribute='name') | list -%}
with

-- Side by side, by the unit of the feature; one that did not vary has none.
slopes as (
    select
        coefficients.days_ago,
        coefficients.horizon_days,
        coefficients.target,
        {% for feature in ['log_base'] + features -%}
        {% for column, expression in {
            'min': 'coefficients.feature_min',
            'max': 'coefficients.feature_max',
            'mean': 'coefficients.feature_mean',
            'slope': 'coefficients.coefficient / coefficients.feature_deviation',
        }.items() -%}
        max(
            case when coefficients.feature = '{{ feature }}' then {{ expression }} end
        ) as {{ column }}_{{ feature }},
        {% endfor -%}
        {% endfor -%}
        max(
            case
                when coefficients.feature = 'intercept' then coefficients.coefficient
            end
        ) as intercept,
        max(coefficients.trained_horizon_days) as trained_horizon_days
    from {{ ref('py_clv_coefficients') }} as coefficients
    group by
        coefficients.days_ago,
        coefficients.horizon_days,
        coefficients.target
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

-- A value beyond those learned from counts as the nearest of them.
corrections as (
    select
        bases.days_ago,
        bases.horizon_days,
        bases.customer_key,
        bases.target,
        slopes.trained_horizon_days,
        bases.base,
        slopes.intercept
        {%- for feature in ['log_base'] + features %}
        {%- set value = 'ln(bases.base)' if feature == 'log_base'
            else 'features.' ~ feature %}
        + coalesce((
            case
                when {{ value }} < slopes.min_{{ feature }}
                    then slopes.min_{{ feature }}
                when {{ value }} > slopes.max_{{ feature }}
                    then slopes.max_{{ feature }}
                else {{ value }}
            end - slopes.mean_{{ feature }}
        ) * slopes.slope_{{ feature }}, 0)
        {%- endfor %} as log_correction
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

-- A correction that was learned over a shorter horizon is taken by half, and nobody is
-- corrected by more than e^4, some fifty times, in either direction.
final as (
    select
        cast(corrections.days_ago as integer) as days_ago,
        cast(corrections.horizon_days as integer) as horizon_days,
        corrections.customer_key,
        corrections.target,
        cast(corrections.trained_horizon_days as integer) as trained_horizon_days,
        corrections.base,
        corrections.base * exp(greatest(-4, least(4, corrections.log_correction * case
            when corrections.trained_horizon_days < corrections.horizon_days then 0.5
            else 1
        end))) as corrected
    from corrections
)

select * from final
