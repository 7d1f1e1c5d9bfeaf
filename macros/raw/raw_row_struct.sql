{#- The raw values of a row, personal ones masked: null or `***`. -#}
{% macro raw_row_struct(contract, raw_columns) -%}
    {%- set fields = [] -%}
    {%- for column in contract.columns -%}
        {%- set present = raw_columns.get(column.name) -%}
        {%- if present -%}
            {%- set raw_value = 'raw.' ~ adapter.quote(present.raw_name) -%}
            {%- do fields.append(
                (
                    "case when " ~ raw_value ~ " is not null then '***' end"
                    if column.pii_kind else raw_value
                ) ~ ' as ' ~ column.name
            ) -%}
        {%- else -%}
            {%- do fields.append('cast(null as varchar) as ' ~ column.name) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ pack_struct(fields) }}
{%- endmacro %}
