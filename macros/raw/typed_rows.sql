{#-
    The rows of one raw table with every column of its contract, typed: a null where
    the table, the column or the value is absent or cannot be read. Beside them
    `source_file`, `unreadable_columns` and `raw_row`, a struct of the raw values
    with personal ones masked.

    In an increment only the rows of new files, and those of known ones that come back:
    what names them had been erased, and is so no longer. `only_columns` names those of
    the contract that are wanted.

    E-mail addresses and telephone numbers leave this macro only as `email_hash` and
    `phone_hash`, free text only as its length.
-#}
{% macro typed_rows(table_name, only_columns=none) %}
    {%- set contract = raw_contract(table_name) -%}
    {#- The source is named even where files are read, so that the lineage has it. -#}
    {%- set relation = source('raw', table_name) -%}
    {%- if not execute -%}
        select * from {{ relation }}
    {%- else -%}
        {%- set plan = load_plan() if is_incremental() else {} -%}
        {%- set released_columns = journey_clv._released_columns(contract, plan) -%}
        {%- set new_files = plan.get('new_files', {}).get(table_name, []) -%}
        {%- set raw = inspect_raw(
            table_name, new_files if plan and not released_columns else none
        ) -%}
        {%- if raw.errors -%}
            {%- do exceptions.raise_compiler_error(raw.errors | join('\n  ')) -%}
        {%- endif -%}
        {%- set raw_columns = {} -%}
        {%- for column in raw.columns -%}
            {%- do raw_columns.update({column.name: column}) -%}
        {%- endfor -%}
        {%- if only_columns -%}
            {%- do contract.update(
                columns=contract.columns | selectattr('name', 'in', only_columns) | list
            ) -%}
        {%- endif -%}
        {{ journey_clv._typed_select(contract, raw, raw_columns) }}
        {%- if raw.reader and released_columns %}
where
    raw.source_file in ('{{ new_files | join("', '") }}')
            {%- for kind, column in released_columns if column.name in raw_columns %}
                {%- set present = raw_columns[column.name] %}
    or {{ parse_value(
        'raw.' ~ adapter.quote(present.raw_name), present.raw_type, column
    ) }} in (
        select released.identifier from {{ released_identifiers_table() }} as released
        where released.kind = '{{ kind }}'
    )
            {%- endfor %}
        {%- endif %}
    {%- endif -%}
{% endmacro %}

{#- The columns by which a row of a known file may come back, each with its kind. -#}
{% macro _released_columns(contract, plan) %}
    {%- set found = [] -%}
    {%- for kind, name in erasable_columns(contract.name)
        if kind in plan.get('released_kinds', [])
    -%}
        {%- for column in contract.columns if column.name == name -%}
            {%- do found.append((kind, column)) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(found) }}
{% endmacro %}

{% macro _typed_select(contract, raw, raw_columns) %}
select
    {%- for column in contract.columns %}
        {%- set present = raw_columns.get(column.name) %}
        {%- set raw_value = 'raw.' ~ adapter.quote(present.raw_name) if present %}
    {{ journey_clv._typed_column(column, present, raw_value, contract) }},
    {%- endfor %}
    {{ 'raw.source_file' if raw.reader and raw.has_source_file
        else 'cast(null as varchar)' }} as source_file,
    {{ unreadable_columns(contract, raw_columns) }} as unreadable_columns,
    {{ raw_row_struct(contract, raw_columns) }} as raw_row
from {{ raw.reader or '(select 1 as no_table) ' }} as raw
    {%- if not raw.reader %}
where 1 = 0
    {%- endif %}
{% endmacro %}

{% macro _typed_column(column, present, raw_value, contract) -%}
    {%- if column.pii_kind == 'text' -%}
        {{ 'length(' ~ parse_text(raw_value) ~ ')'
            if present else 'cast(null as bigint)' }} as {{ column.name }}_length
    {%- elif column.pii_kind -%}
        {{ salted_hash(normalised_pii(raw_value, present.raw_type, column.pii_kind))
            if present else 'cast(null as varchar)' }} as {{ column.name }}_hash
    {%- elif present -%}
        {{ known_value(raw_value, present.raw_type, column, contract) }}
            as {{ column.name }}
    {%- else -%}
        cast(null as {{ column.data_type }}) as {{ column.name }}
    {%- endif -%}
{%- endmacro %}
