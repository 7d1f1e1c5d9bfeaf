{#-
    Grain: one row per origin, horizon, target and prospect: the linear predictor of
    the regression that was fitted on what was known at the origin. `buys` is a logit,
    `days_until` and `net_revenue` are logarithms.
-#}
{%- set features = prospect_features() | map(attribute='name') | list -%}
with

-- Side by side, by the unit of the feature; one that did not vary has none.
slopes as (
    select
        fits.days_ago,
        fits.horizon_days,
        fits.target,
        {% for feature in features -%}
        {% for column, expression in {
            'min': 'fits.feature_min',
            'max': 'fits.feature_max',
            'mean': 'fits.feature_mean',
            'slope': 'fits.coefficient / fits.feature_deviation',
        }.items() -%}
        max(case when fits.feature = '{{ feature }}' then {{ expression }} end)
            as {{ column }}_{{ feature }},
        {% endfor -%}
        {% endfor -%}
        max(case when fits.feature = 'intercept' then fits.coefficient end)
            as intercept,
        coalesce(max(case when fits.feature = 'level' then fits.coefficient end), 0)
            as level
    from {{ ref('py_prospect_coefficients') }} as fits
    group by fits.days_ago, fits.horizon_days, fits.target
),

-- A value beyond those learned from counts as the nearest of them.
linear as (
    select
        cast(slopes.days_ago as integer) as days_ago,
        cast(slopes.horizon_days as integer) as horizon_days,
        cast(slopes.target as varchar) as target,
        features.customer_key,
        slopes.intercept + slopes.level
        {%- for feature in features %}
        {%- set value = 'features.' ~ feature %}
        + coalesce((
            case
                when {{ value }} < slopes.min_{{ feature }}
                    then slopes.min_{{ feature }}
                when {{ value }} > slopes.max_{{ feature }}
                    then slopes.max_{{ feature }}
                else {{ value }}
            end - slopes.mean_{{ feature }}
        ) * slopes.slope_{{ feature }}, 0)
        {%- endfor %} as linear_predictor
    from slopes
    inner join {{ ref('int_prospect_features') }} as features
        on slopes.days_ago = features.days_ago
)

select * from linear
