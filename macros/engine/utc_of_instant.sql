{#- A time with a zone as the UTC timestamp of the same instant. -#}
{% macro utc_of_instant(value) -%}
    {{ adapter.dispatch('utc_of_instant', 'journey_clv')(value) }}
{%- endmacro %}

{% macro default__utc_of_instant(value) -%}
    {{ value }} at time zone 'UTC'
{%- endmacro %}

{#- The same at half the price: `at time zone` looks the zone up for each row. -#}
{% macro duckdb__utc_of_instant(value) -%}
    make_timestamp(epoch_us({{ value }}))
{%- endmacro %}
