{#- The text with whatever looks like an e-mail address in it masked. -#}
{% macro mask_emails(text) -%}
    {{ adapter.dispatch('mask_emails', 'journey_clv')(text) }}
{%- endmacro %}

{% macro default__mask_emails(text) -%}
    regexp_replace({{ text }}, '{{ email_pattern() }}+', '***')
{%- endmacro %}

{% macro duckdb__mask_emails(text) -%}
    regexp_replace({{ text }}, '{{ email_pattern() }}+', '***', 'g')
{%- endmacro %}
