{#-
    Every raw row of a table, with the columns by which an erasure finds it and no
    others: what it takes to count rows without reading them whole.
-#}
{% macro typed_identifiers(table_name) %}
    {%- set relation = source('raw', table_name) -%}
    {%- if not execute -%}
        select * from {{ relation }}
    {%- else -%}
        {%- set raw = inspect_raw(table_name) -%}
        {%- set raw_columns = {} -%}
        {%- for column in raw.columns -%}
            {%- do raw_columns.update({column.name: column}) -%}
        {%- endfor %}
        select
            {%- for kind, name in erasable_columns(table_name) %}
            {%- set present = raw_columns.get(name) %}
            {%- if present %}
            {{ without_address(
                parse_identifier('raw.' ~ adapter.quote(present.raw_name), present.raw_type)
            ) }} as {{ name }},
            {%- else %}
            cast(null as varchar) as {{ name }},
            {%- endif %}
            {%- endfor %}
            1 as one
        from {{ raw.reader or '(select 1 as no_table)' }} as raw
        {{ 'where 1 = 0' if not raw.reader }}
    {%- endif -%}
{% endmacro %}
