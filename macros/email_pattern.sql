{#- What looks like an e-mail address, wherever it stands in a text. -#}
{% macro email_pattern() -%}
    {{ return('[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+[.][A-Za-z]') }}
{%- endmacro %}
