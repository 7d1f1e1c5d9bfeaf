{#-
    A raw value as the name of something: trimmed text, null when blank or a word that
    trackers and spreadsheets write for nothing. Taken at its word, `undefined` would
    make one person of all who bear it. A whole number that came as a fraction (pandas
    does that beside a null) loses its `.0`, so that it joins.

    With `hash_addresses`, an e-mail address becomes its salted hash: some systems use
    those for numbers of customers.
-#}
{% macro parse_identifier(raw_value, raw_type, hash_addresses=false) -%}
    {%- set text = 'trim(cast(' ~ raw_value ~ ' as varchar))' -%}
    {%- if raw_type.split('(')[0] in ('FLOAT', 'DOUBLE', 'DECIMAL') -%}
        {%- set text = "regexp_replace(" ~ text ~ ", '[.]0+$', '')" -%}
    {%- endif -%}
    case
        {#- Two lists, for DuckDB makes a join of a longer one, at four times the cost;
            and most names are longer than any of the words. #}
        when
            length({{ text }}) < 10 and (
                lower({{ text }}) in ('', 'null', 'none', 'nan')
                or lower({{ text }}) in ('n/a', 'undefined', '(not set)')
            ) then null
        {%- if hash_addresses %}
        when {{ has_substring(text, "'@'") }}
            then {{ salted_hash('lower(' ~ text ~ ')') }}
        {%- endif %}
        else {{ text }}
    end
{%- endmacro %}
