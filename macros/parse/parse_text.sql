{#- A raw value as trimmed text, null when blank. -#}
{% macro parse_text(raw_value) -%}
    nullif(trim(cast({{ raw_value }} as varchar)), '')
{%- endmacro %}

{#-
    A raw value as the name of something: trimmed text, null when blank or a word that
    trackers and spreadsheets write for nothing. Taken at its word, `undefined` would
    make one person of all who bear it. A whole number that came as a fraction (pandas
    does that beside a null) loses its `.0`, so that it joins.
-#}
{% macro parse_identifier(raw_value, raw_type) -%}
    {%- set text = 'trim(cast(' ~ raw_value ~ ' as varchar))' -%}
    {%- if raw_type.split('(')[0] in ('FLOAT', 'DOUBLE', 'DECIMAL') -%}
        {%- set text = "regexp_replace(" ~ text ~ ", '[.]0+$', '')" -%}
    {%- endif -%}
    case
        when lower({{ text }}) not in (
            '', 'null', 'none', 'nan', 'n/a', 'undefined', '(not set)'
        ) then {{ text }}
    end
{%- endmacro %}

{#- A text, or its salted hash when it is an e-mail address: some systems use those for
    numbers of customers. -#}
{% macro without_address(text) -%}
    case
        when {{ has_substring(text, "'@'") }}
            then {{ salted_hash('lower(' ~ text ~ ')') }}
        else {{ text }}
    end
{%- endmacro %}
