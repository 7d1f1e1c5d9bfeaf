{#- The UTC instant so many microseconds after 1970 began. -#}
{% macro timestamp_from_micros(micros) -%}
    {{ adapter.dispatch('timestamp_from_micros', 'journey_clv')(micros) }}
{%- endmacro %}

{% macro default__timestamp_from_micros(micros) -%}
    make_timestamp({{ micros }})
{%- endmacro %}

{% macro spark__timestamp_from_micros(micros) -%}
    timestamp_micros({{ micros }})
{%- endmacro %}
