{#-
    A raw value as trimmed text, null when blank.

    An identifier is also null when it is a word that trackers and spreadsheets
    write for nothing: taken at its word, it would make one person of all who bear
    it. A whole number that arrived as a float (pandas does that beside a null) is
    written without its `.0`, so that it joins.
-#}
{% macro parse_text(raw_value, raw_type, is_identifier) -%}
    {%- if is_identifier and raw_type in ('FLOAT', 'DOUBLE') -%}
        coalesce(
            cast(case
                when {{ raw_value }} = floor({{ raw_value }})
                    then try_cast({{ raw_value }} as bigint)
            end as varchar),
            cast(case when not isnan({{ raw_value }}) then {{ raw_value }} end as varchar)
        )
    {%- elif is_identifier -%}
        case
            when lower(trim(cast({{ raw_value }} as varchar))) not in (
                '', 'null', 'none', 'nan', 'n/a', 'undefined', '(not set)'
            ) then trim(cast({{ raw_value }} as varchar))
        end
    {%- else -%}
        nullif(trim(cast({{ raw_value }} as varchar)), '')
    {%- endif -%}
{%- endmacro %}
