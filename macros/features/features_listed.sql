{#-
    A row per customer and feature of a catalogue, as of the build, where it is known:
    its value, as it is learned from and in plain units, and its name in words.
-#}
{% macro features_listed(relation, catalogue) -%}
with

features as (
    select all_features.*
    from {{ ref(relation) }} as all_features
    where all_features.days_ago = 0
),

listed as (
    {% for feature in catalogue -%}
    {%- set value = 'features.' ~ feature['name'] -%}
    select
        features.customer_key,
        '{{ feature['name'] }}' as feature,
        {{ feature_in_words(feature) }} as words,
        {{ value }} as feature_value,
        {{ feature_in_units(feature, value) }} as plain_value
    from features
    where {{ value }} is not null
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select * from listed
{%- endmacro %}
