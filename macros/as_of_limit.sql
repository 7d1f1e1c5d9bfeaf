{#-
    The latest instant that the build may know of, in UTC: `as_of` where it is set (a
    date means its last microsecond in the reporting time zone), else the start of
    the run.
-#}
{% macro as_of_limit() -%}
    {%- set as_of = as_of_text() -%}
    {%- if as_of is none -%}
        timestamp '{{ run_started_at.strftime("%Y-%m-%d %H:%M:%S.%f") }}'
    {%- elif as_of | length == 10 -%}
        {{ to_utc(
            "timestamp '" ~ as_of ~ " 23:59:59.999999'", var('reporting_timezone')
        ) }}
    {%- elif as_of.endswith('Z') -%}
        timestamp '{{ as_of[:-1] }}'
    {%- else -%}
        {{ to_utc("timestamp '" ~ as_of ~ "'", var('reporting_timezone')) }}
    {%- endif -%}
{%- endmacro %}

{#- The setting as text: YAML turns an unquoted time into an object, in UTC. -#}
{% macro as_of_text() %}
    {%- if var('as_of') -%}
        {{ return(var('as_of') | string | trim | replace('+00:00', 'Z')) }}
    {%- endif -%}
    {{ return(none) }}
{% endmacro %}
