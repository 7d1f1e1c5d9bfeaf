{#- Of each feature of a catalogue its SQL: its column in the table `features`. -#}
{% macro feature_values(catalogue, before='features.') -%}
    {%- set values = {} -%}
    {%- for feature in catalogue -%}
        {%- do values.update({feature['name']: before ~ feature['name']}) -%}
    {%- endfor -%}
    {{- return(values) -}}
{%- endmacro %}

{#-
    A regression side by side, over the rows `fits` of one: of each feature what it was
    learned from and its slope by the unit of the feature, none where it did not vary;
    and the intercept.
-#}
{% macro slopes_by_feature(features) -%}
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
    max(case when fits.feature = 'intercept' then fits.coefficient end) as intercept
{%- endmacro %}

{#-
    What the regression `slopes`, made by the above, says of a row: `values` has the SQL
    of each feature. A value beyond those learned from counts as the nearest of them,
    one that is not known as the mean.
-#}
{% macro linear_predictor(values) -%}
    slopes.intercept
    {%- for feature, value in values.items() %}
    + coalesce((
        case
            when {{ value }} < slopes.min_{{ feature }} then slopes.min_{{ feature }}
            when {{ value }} > slopes.max_{{ feature }} then slopes.max_{{ feature }}
            else {{ value }}
        end - slopes.mean_{{ feature }}
    ) * slopes.slope_{{ feature }}, 0)
    {%- endfor %}
{%- endmacro %}
