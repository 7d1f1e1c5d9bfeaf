{#-
    A raw value as a UTC timestamp, null when it cannot be read.

    Read are: times with an offset or a zone's name; times without, and dates alone,
    which are in `reporting_timezone`; dates written 20240131; seconds (from 1973 on),
    milliseconds and microseconds (from 2001 on) since 1970 as numbers or text, told
    apart by their size. Refused are 01/02/2024, for nobody can say which month it is,
    and 202401311030, which would be a day in 1976.
-#}
{% macro parse_timestamp(raw_value, raw_type) -%}
    {%- set zone = var('reporting_timezone') -%}
    {%- if raw_type.startswith('TIMESTAMP WITH TIME ZONE') -%}
        {{ utc_of_instant(raw_value) }}
    {%- elif raw_type.startswith('TIMESTAMP') or raw_type == 'DATE' -%}
        {{ to_utc('cast(' ~ raw_value ~ ' as timestamp)', zone) }}
    {%- elif raw_type == 'VARCHAR' -%}
        {%- set text = 'trim(' ~ raw_value ~ ')' -%}
        {#- The usual form, 2024-01-31T10:00:00.000+01:00, is told without a pattern and
            read without a calendar of zones: both cost several times as much. -#}
        case
            when
                not {{ has_substring(raw_value, "' '") }}
                and (
                    {{ raw_value }} like '____-__-__T__:__:__%+__:__'
                    or {{ raw_value }} like '____-__-__T__:__:__%-__:__'
                    or {{ raw_value }} like '____-__-__T__:__:__%Z'
                )
                then {{ utc_of_instant('try_cast(' ~ raw_value ~ ' as timestamptz)') }}
            when {{ matches(
                text,
                '^[0-9]{4}[-/][0-9]{1,2}[-/][0-9]{1,2}([ T][0-9]{1,2}:[0-9]{2}(:[0-9]{2}([.][0-9]+)?)?)?$'
            ) }}
                then {{ to_utc('try_cast(' ~ text ~ ' as timestamp)', zone) }}
            when {{ matches(text, '^[0-9]{4}[-/]') }}
                then try_cast(
                    regexp_replace({{ text }}, ' ([+-][0-9:]+)$', '\1') as timestamptz
                ) at time zone 'UTC'
            else {{ parse_epoch(text) }}
        end
    {%- else -%}
        {{ parse_epoch(raw_value) }}
    {%- endif -%}
{%- endmacro %}

{#- A day, in the reporting time zone. -#}
{% macro parse_date(raw_value, raw_type) -%}
    {%- if raw_type == 'DATE' -%}
        {{ raw_value }}
    {%- else -%}
        {{ reporting_date('(' ~ parse_timestamp(raw_value, raw_type) ~ ')') }}
    {%- endif -%}
{%- endmacro %}

{#- The instant that a number means: 20240131, or seconds, milliseconds or
    microseconds since 1970. -#}
{% macro parse_epoch(raw_value) -%}
    {%- set number = 'try_cast(' ~ raw_value ~ ' as double)' -%}
    case
        when {{ number }} between 19000101 and 21001231
            then {{ to_utc(
                "cast(try_strptime(cast(try_cast(" ~ raw_value ~ " as bigint) as varchar), '%Y%m%d') as timestamp)",
                var('reporting_timezone')
            ) }}
        when {{ number }} >= 1e8 and {{ number }} < 1e11
            then {{ timestamp_from_micros('cast(' ~ number ~ ' * 1e6 as bigint)') }}
        when {{ number }} >= 1e12 and {{ number }} < 1e14
            then {{ timestamp_from_micros('cast(' ~ number ~ ' * 1e3 as bigint)') }}
        when {{ number }} >= 1e15 and {{ number }} < 1e17
            then {{ timestamp_from_micros('cast(' ~ number ~ ' as bigint)') }}
    end
{%- endmacro %}
