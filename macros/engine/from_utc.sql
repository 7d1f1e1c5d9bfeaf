{#- The naive local time in the named zone of a UTC instant. -#}
{% macro from_utc(instant, zone) -%}
    {{ adapter.dispatch('from_utc', 'journey_clv')(instant, zone) }}
{%- endmacro %}

{% macro default__from_utc(instant, zone) -%}
    {%- if zone == 'UTC' -%}
        {{ instant }}
    {%- else -%}
        ({{ instant }} at time zone 'UTC') at time zone '{{ zone }}'
    {%- endif -%}
{%- endmacro %}
