{#- A raw value as trimmed text, null when blank. -#}
{% macro parse_text(raw_value) -%}
    nullif(trim(cast({{ raw_value }} as varchar)), '')
{%- endmacro %}
