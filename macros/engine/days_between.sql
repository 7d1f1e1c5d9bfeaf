{#- The days from one UTC instant to a later one, with their fraction: a double. -#}
{% macro days_between(earlier, later) -%}
    {{ adapter.dispatch('days_between', 'journey_clv')(earlier, later) }}
{%- endmacro %}

{% macro default__days_between(earlier, later) -%}
    (epoch_us({{ later }}) - epoch_us({{ earlier }})) / 86400000000
{%- endmacro %}

{% macro spark__days_between(earlier, later) -%}
    (unix_micros({{ later }}) - unix_micros({{ earlier }})) / 86400000000
{%- endmacro %}
