{#-
    A raw value as a number of the given type, null when it cannot be read.

    Text must be digits with a decimal point: '1,50' and '1_000' are refused rather
    than misread, and so is a fraction where a whole number is meant.
-#}
{% macro parse_number(raw_value, raw_type, data_type) -%}
    {%- set text_safe -%}
        {%- if raw_type == 'VARCHAR' -%}
            replace({{ raw_value }}, '_', '?')
        {%- else -%}
            {{ raw_value }}
        {%- endif -%}
    {%- endset -%}
    {%- if data_type == 'double' -%}
        case
            when isfinite(try_cast({{ text_safe }} as double))
                then try_cast({{ text_safe }} as double)
        end
    {%- elif data_type == 'bigint' -%}
        case
            when
                try_cast({{ text_safe }} as decimal(28, 8))
                = floor(try_cast({{ text_safe }} as decimal(28, 8)))
                then try_cast({{ text_safe }} as bigint)
        end
    {%- else -%}
        try_cast({{ text_safe }} as {{ data_type }})
    {%- endif -%}
{%- endmacro %}
