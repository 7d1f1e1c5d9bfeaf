{#- Keeps one object as JSON, in the place of the last one. -#}
{% macro write_load(table, value) %}
    {%- do run_query(
        'create or replace table loads.' ~ table ~ " as select cast('"
        ~ tojson(value) | replace("'", "''") ~ "' as varchar) as " ~ table
    ) -%}
{% endmacro %}

{#- The plan of this load; a full build where none was made. -#}
{% macro load_plan() %}
    {%- if execute and target.type == 'duckdb' and not var('raw_schema') -%}
        {#- A build has written one before its first model; to look in the catalogue for
            every model costs a small build some seconds. -#}
        {%- set found = flags.WHICH in ('run', 'build') or run_query(
            "select count(*) from duckdb_tables() where schema_name = 'loads' "
            ~ "and table_name = 'plan'"
        ).rows[0][0] -%}
        {%- if found -%}
            {%- set plan = run_query('select plan from loads.plan').rows -%}
            {%- if plan | length -%}
                {{ return(fromjson(plan[0][0])) }}
            {%- endif -%}
        {%- endif -%}
    {%- endif -%}
    {{ return({'mode': 'full', 'why': '', 'new_files': {}, 'state': {}}) }}
{% endmacro %}

{#- Removes what only the models of one load have to know. -#}
{% macro clear_load() %}
    {%- set tables = run_query(
        "select table_name from duckdb_tables() where schema_name = 'loads' "
        ~ "and (table_name like '%\\_identifiers' escape '\\' "
        ~ "or table_name like '%\\_before' escape '\\')"
    ) -%}
    {%- for table in tables.rows -%}
        {%- do run_query('drop table loads.' ~ table[0]) -%}
    {%- endfor -%}
{% endmacro %}
