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
    and the intercept. Of several `targets` learned from the same rows a slope and an
    intercept each.
-#}
{% macro slopes_by_feature(features, targets=none) -%}
    {% for feature in features -%}
    {% for column, expression in {
        'min': 'fits.feature_min',
        'max': 'fits.feature_max',
        'mean': 'fits.feature_mean',
    }.items() -%}
    max(case when fits.feature = '{{ feature }}' then {{ expression }} end)
        as {{ column }}_{{ feature }},
    {% endfor -%}
    {{ of_targets(feature, 'fits.coefficient / fits.feature_deviation',
        'slope_' ~ feature, targets) }},
    {% endfor -%}
    {{ of_targets('intercept', 'fits.coefficient', 'intercept', targets) }}
{%- endmacro %}

{#- Of a feature a column of the fit, or of each target's. -#}
{% macro of_targets(feature, expression, name, targets=none) -%}
    {% for target in targets or [none] -%}
    max(
        case
            when
                fits.feature = '{{ feature }}'
                {{ "and fits.target = '" ~ target ~ "'" if target }}
                then {{ expression }}
        end
    ) as {{ name }}{{ '_' ~ target if target }}{{ ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{#-
    How far a feature is from the mean of those that `slopes`, made by the above, were
    learned from. A value beyond them counts as the nearest of them, one that is not
    known as the mean.
-#}
{% macro from_mean(feature, value, slopes='slopes') -%}
    coalesce(
        case
            when {{ value }} < {{ slopes }}.min_{{ feature }}
                then {{ slopes }}.min_{{ feature }}
            when {{ value }} > {{ slopes }}.max_{{ feature }}
                then {{ slopes }}.max_{{ feature }}
            else {{ value }}
        end - {{ slopes }}.mean_{{ feature }}, 0
    )
{%- endmacro %}

{#- What the regression `slopes` says of a row: `values` has the SQL of each feature. -#}
{% macro linear_predictor(values) -%}
    slopes.intercept
    {%- for feature, value in values.items() %}
    + {{ from_mean(feature, value) }} * coalesce(slopes.slope_{{ feature }}, 0)
    {%- endfor %}
{%- endmacro %}

{#- The same of a row `centred` that has how far each feature is from its mean. -#}
{% macro centred_predictor(features, target) -%}
    centred.intercept_{{ target }}
    {%- for feature in features %}
    + centred.{{ feature }} * centred.slope_{{ feature }}_{{ target }}
    {%- endfor %}
{%- endmacro %}
