{#-
    The rows of one raw table with every column of its contract, typed: a null where
    the table, the column or the value is absent or cannot be read. Beside them
    `source_file`, `unreadable_columns` and `raw_row`, a struct of the raw values
    with personal ones masked.

    In an increment only the rows of new files.

    E-mail addresses and telephone numbers leave this macro only as `email_hash` and
    `phone_hash`, free text only as its length.
-#}
{% macro typed_rows(table_name) %}
    {%- set contract = raw_contract(table_name) -%}
    {#- The source is named even where files are read, so that the lineage has it. -#}
    {%- set relation = source('raw', table_name) -%}
    {%- if not execute -%}
        select * from {{ relation }}
    {%- else -%}
        {%- set raw = inspect_raw(
            table_name, new_files(table_name) if is_incremental() else none
        ) -%}
        {%- if raw.errors -%}
            {%- do exceptions.raise_compiler_error(raw.errors | join('\n  ')) -%}
        {%- endif -%}
        {%- set raw_columns = {} -%}
        {%- for column in raw.columns -%}
            {%- do raw_columns.update({column.name: column}) -%}
        {%- endfor -%}
        {{ journey_clv._typed_select(contract, raw, raw_columns) }}
    {%- endif -%}
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
    {{ journey_clv._unreadable_columns(contract, raw_columns) }} as unreadable_columns,
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

{#- A value as the build may know it. What happened to a thing after the as-of time,
    such as that a ticket was resolved, has not happened yet. Plans, in the tables that
    date no event, may lie ahead; what dates the row itself is judged later. -#}
{% macro known_value(raw_value, raw_type, column, contract) -%}
    {%- set value = parse_value(raw_value, raw_type, column) -%}
    {%- if
        column.data_type == 'timestamp' and not column.required
        and column.name != 'received_at' and contract.event_time
    -%}
        case when {{ value }} <= {{ as_of_limit() }} then {{ value }} end
    {%- else -%}
        {{ value }}
    {%- endif -%}
{%- endmacro %}

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

{#- Names of the optional columns that hold something which could not be read, or which
    lies after the as-of time. Money is not among them: a row with unreadable money goes
    into quarantine. -#}
{% macro _unreadable_columns(contract, raw_columns) -%}
    {%- set checks = [] -%}
    {%- for column in contract.columns -%}
        {%- set present = raw_columns.get(column.name) -%}
        {%- if
            present and can_be_unreadable(column, present, contract)
            and not column.required and not column.data_type.startswith('decimal')
        -%}
            {%- set raw_value = 'raw.' ~ adapter.quote(present.raw_name) -%}
            {%- do checks.append(
                "case when nullif(trim(cast(" ~ raw_value ~ " as varchar)), '') "
                ~ "is not null and "
                ~ known_value(raw_value, present.raw_type, column, contract)
                ~ " is null then '" ~ column.name ~ "' end"
            ) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if checks -%}
        nullif(concat_ws(',', {{ checks | join(', ') }}), '')
    {%- else -%}
        cast(null as varchar)
    {%- endif -%}
{%- endmacro %}

{#- Whether a value of this raw type can fail to be what the contract says. -#}
{% macro can_be_unreadable(column, present, contract) -%}
    {%- set is_native =
        present.raw_type.startswith(column.data_type | upper)
        or column.data_type in ('timestamp', 'date')
        and (present.raw_type.startswith('TIMESTAMP') or present.raw_type == 'DATE')
    -%}
    {{ return(
        column.data_type != 'varchar' and not is_native
        or column.data_type == 'timestamp' and contract.event_time
    ) }}
{%- endmacro %}

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
