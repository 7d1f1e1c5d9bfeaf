{#-
    What a feature says, without the logarithm that it may be taken of, and as a text of
    SQL: "Days since the latest purchase".
-#}
{% macro feature_in_words(feature) -%}
    {%- set words = feature['definition']
        | replace('Logarithm of the ', '') | replace('Logarithm of ', '') -%}
    '{{ (words[0] | upper ~ words[1:]) | replace("'", "''") }}'
{%- endmacro %}

{#- The value of a feature in the unit of those words. -#}
{% macro feature_in_units(feature, value) -%}
    {%- if not feature['definition'].startswith('Logarithm of ') -%}
        {{ value }}
    {%- elif feature['sql'].startswith('ln(1 + ') -%}
        exp({{ value }}) - 1
    {%- else -%}
        exp({{ value }})
    {%- endif -%}
{%- endmacro %}
