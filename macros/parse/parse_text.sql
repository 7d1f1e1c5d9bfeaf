{#-
    A raw value as trimmed text, null when blank.

    An identifier is also null when it is a word that trackers and spreadsheets
    write for nothing: taken at its word, it would make one person of all who bear
    it. A whole number that came as a fraction (pandas does that beside a null) loses
    its `.0`, so that it joins.
-#}
{% macro parse_text(raw_value, raw_type, is_identifier) -%}
    {%- set text = 'trim(cast(' ~ raw_value ~ ' as varchar))' -%}
    {%- if is_identifier and raw_type.split('(')[0] in ('FLOAT', 'DOUBLE', 'DECIMAL') -%}
        {%- set text = "regexp_replace(" ~ text ~ ", '[.]0+$', '')" -%}
    {%- endif -%}
    {%- if is_identifier -%}
        case
            when lower({{ text }}) not in (
                '', 'null', 'none', 'nan', 'n/a', 'undefined', '(not set)'
            ) then {{ text }}
        end
    {%- else -%}
        nullif({{ text }}, '')
    {%- endif -%}
{%- endmacro %}
