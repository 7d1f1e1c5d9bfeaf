{#- Two spellings of one address must hash alike: no case, no blanks; of a telephone
    number only its digits, without a leading 00. -#}
{% macro normalised_pii(raw_value, raw_type, pii_kind) -%}
    {%- if pii_kind == 'email' -%}
        lower({{ parse_identifier(raw_value, raw_type) }})
    {%- else -%}
        nullif(
            regexp_replace(
                regexp_replace(
                    {{ parse_identifier(raw_value, raw_type) }}, '[^0-9]', '', 'g'
                ),
                '^00', ''
            ),
            ''
        )
    {%- endif -%}
{%- endmacro %}
