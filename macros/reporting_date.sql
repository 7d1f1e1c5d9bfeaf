{#- The day, in the reporting time zone, on which a UTC instant falls. -#}
{% macro reporting_date(instant) -%}
    cast({{ from_utc(instant, var('reporting_timezone')) }} as date)
{%- endmacro %}
