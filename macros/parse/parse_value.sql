{#- A raw value as what the contract says its column is. -#}
{% macro parse_value(raw_value, raw_type, column) -%}
    {%- set data_type = column.data_type -%}
    {%- if column.name == 'currency' -%}
        upper({{ parse_identifier(raw_value, raw_type) }})
    {%- elif column.name.endswith('_id') -%}
        {{ parse_identifier(raw_value, raw_type, hash_addresses=true) }}
    {%- elif data_type == 'varchar' -%}
        {{ parse_text(raw_value) }}
    {%- elif data_type == 'timestamp' -%}
        {{ parse_timestamp(raw_value, raw_type) }}
    {%- elif data_type == 'date' -%}
        {{ parse_date(raw_value, raw_type) }}
    {%- elif data_type == 'boolean' -%}
        {{ parse_boolean(raw_value, raw_type) }}
    {%- else -%}
        {{ parse_number(raw_value, raw_type, data_type) }}
    {%- endif -%}
{%- endmacro %}
