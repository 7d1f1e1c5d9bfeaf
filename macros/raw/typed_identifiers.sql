{#-
    Every raw row of a table, with the columns by which an erasure finds it and no
    others: what it takes to count rows without reading them whole. With a plan, also
    whether the last build knew the row's file.
-#}
{% macro typed_identifiers(table_name, plan=none) %}
    {%- if not execute -%}
        select * from {{ source('raw', table_name) }}
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
            {{ parse_identifier(
                'raw.' ~ adapter.quote(present.raw_name), present.raw_type,
                hash_addresses=true
            ) }} as {{ name }},
            {%- else %}
            cast(null as varchar) as {{ name }},
            {%- endif %}
            {%- endfor %}
            {%- if plan and raw.reader and plan.mode == 'increment' %}
            case
                when raw.source_file in (
                    '{{ plan.new_files.get(table_name, []) | join("', '") }}'
                ) then 0
                else 1
            end as is_known_file
            {%- else %}
            1 as is_known_file
            {%- endif %}
        from {{ raw.reader or '(select 1 as no_table)' }} as raw
        {{ 'where 1 = 0' if not raw.reader }}
    {%- endif -%}
{% endmacro %}
