{#- A raw value as a boolean, null when it is no word for yes or no. -#}
{% macro parse_boolean(raw_value, raw_type) -%}
    {%- if raw_type == 'BOOLEAN' -%}
        {{ raw_value }}
    {%- else -%}
        case
            when lower(trim(cast({{ raw_value }} as varchar)))
                in ('true', 't', 'yes', 'y', '1', '1.0') then true
            when lower(trim(cast({{ raw_value }} as varchar)))
                in ('false', 'f', 'no', 'n', '0', '0.0') then false
        end
    {%- endif -%}
{%- endmacro %}
