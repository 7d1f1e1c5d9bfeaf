{#- Whether the text has a match of the regular expression (RE2 and Java both). -#}
{% macro matches(text, pattern) -%}
    {{ adapter.dispatch('matches', 'journey_clv')(text, pattern) }}
{%- endmacro %}

{% macro default__matches(text, pattern) -%}
    regexp_matches({{ text }}, '{{ pattern }}')
{%- endmacro %}

{% macro spark__matches(text, pattern) -%}
    {{ text }} rlike '{{ pattern }}'
{%- endmacro %}
