{#- The UTC instant of a naive local time in the named zone. -#}
{% macro to_utc(local_time, zone) -%}
    {{ adapter.dispatch('to_utc', 'journey_clv')(local_time, zone) }}
{%- endmacro %}

{% macro default__to_utc(local_time, zone) -%}
    {%- if zone == 'UTC' -%}
        {{ local_time }}
    {%- else -%}
        ({{ local_time }} at time zone '{{ zone }}') at time zone 'UTC'
    {%- endif -%}
{%- endmacro %}
