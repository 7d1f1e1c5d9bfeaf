{#-
    What the features of a regression mean, a row each, as a query: `others` has the
    meaning of those that are no features of people, such as the intercept.
-#}
{% macro feature_definitions(others, features) -%}
    {%- for feature, definition in others.items() %}
    select
        '{{ feature }}' as feature,
        '{{ definition }}' as definition,
        'orders' as source
    union all
    {%- endfor %}
    {%- for feature in features %}
    select
        '{{ feature['name'] }}' as feature,
        '{{ feature['definition'] | replace("'", "''") }}' as definition,
        '{{ feature['source'] }}' as source
    {{ 'union all' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{#- The columns that the marts of coefficients share, over `fits` and `definitions`. -#}
{% macro coefficient_columns() -%}
    cast(fits.horizon_days as integer) as horizon_days,
    cast(fits.target as varchar) as target,
    cast(fits.feature as varchar) as feature,
    cast(definitions.definition as varchar) as definition,
    cast(definitions.source as varchar) as source,
    cast(fits.trained_horizon_days as integer) as trained_horizon_days,
    fits.feature_mean,
    fits.feature_deviation,
    fits.coefficient,
    exp(fits.coefficient) as factor,
    fits.std_error,
    fits.ci_lower as coefficient_lower,
    fits.ci_upper as coefficient_upper,
    fits.z,
    fits.p_value,
    fits.adjusted_p_value,
    cast(fits.n_rows as bigint) as n_rows
{%- endmacro %}
