{#- Whether the text has the other one in it. -#}
{% macro has_substring(text, part) -%}
    {{ adapter.dispatch('has_substring', 'journey_clv')(text, part) }}
{%- endmacro %}

{% macro default__has_substring(text, part) -%}
    contains({{ text }}, {{ part }})
{%- endmacro %}

{% macro postgres__has_substring(text, part) -%}
    position({{ part }} in {{ text }}) > 0
{%- endmacro %}
