{#-
    What there is of one raw table: a dict of reader (a table expression; null when
    the table is absent), columns (name in the contract, raw_name, raw_type),
    has_source_file, n_rows and errors. `only` names the files to look at; null is all.

    On DuckDB with files it asks `journey_inspect`, the function behind `journey
    doctor` too (journey_clv/contract.py). With `raw_schema` set, and on any other
    engine, it asks the catalogue.
-#}
{% macro inspect_raw(table_name, only=none) %}
    {{ return(adapter.dispatch('inspect_raw', 'journey_clv')(table_name, only)) }}
{% endmacro %}

{% macro duckdb__inspect_raw(table_name, only=none) %}
    {%- if var('raw_schema') -%}
        {{ return(journey_clv.default__inspect_raw(table_name)) }}
    {%- endif -%}
    {%- set request = tojson({
        'raw_path': raw_path(),
        'table': raw_contract(table_name),
        'only': only,
    }) -%}
    {%- set answer = run_query(
        "select journey_inspect('" ~ request | replace("'", "''") ~ "')"
    ) -%}
    {%- set raw = fromjson(answer.rows[0][0]) -%}
    {%- do raw.update({'has_source_file': true}) -%}
    {{ return(raw) }}
{% endmacro %}

{% macro default__inspect_raw(table_name, only=none) %}
    {%- set contract = raw_contract(table_name) -%}
    {%- set relation = adapter.get_relation(
        database=target.database,
        schema=var('raw_schema') or 'raw',
        identifier=table_name,
    ) -%}
    {%- set columns = [] -%}
    {%- set errors = [] -%}
    {%- if relation is none and contract.required -%}
        {%- do errors.append(
            'Table ' ~ table_name ~ ' is not in schema ' ~ (var('raw_schema') or 'raw')
            ~ ': create it there; it may be empty.'
        ) -%}
    {%- elif relation is not none -%}
        {%- set raw_types = {} -%}
        {%- for column in adapter.get_columns_in_relation(relation) -%}
            {%- do raw_types.update({column.name | lower: column}) -%}
        {%- endfor -%}
        {%- for column in contract.columns -%}
            {%- if column.name in raw_types -%}
                {%- do columns.append({
                    'name': column.name,
                    'raw_name': raw_types[column.name].name,
                    'raw_type': raw_types[column.name].data_type | upper,
                }) -%}
            {%- elif column.required -%}
                {%- do errors.append(
                    'Table ' ~ relation ~ ' has no column ' ~ column.name
                    ~ ', which the raw contract requires: add it.'
                ) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return({
        'table': table_name,
        'reader': relation | string if relation is not none else none,
        'columns': columns,
        'has_source_file': false,
        'errors': errors,
    }) }}
{% endmacro %}

{#- Where the raw files are: the var, else the environment, else `data/raw`. -#}
{% macro raw_path() %}
    {{ return(var('raw_path', env_var('JOURNEY_RAW', 'data/raw'))) }}
{% endmacro %}
