{#- Names of the optional columns that hold something which could not be read, or which
    lies after the as-of time. Money is not among them: a row with unreadable money goes
    into quarantine. -#}
{% macro unreadable_columns(contract, raw_columns) -%}
    {%- set checks = [] -%}
    {%- for column in contract.columns -%}
        {%- set present = raw_columns.get(column.name) -%}
        {%- if
            present and can_be_unreadable(column, present, contract)
            and not column.required and not column.data_type.startswith('decimal')
        -%}
            {%- set raw_value = 'raw.' ~ adapter.quote(present.raw_name) -%}
            {%- do checks.append(
                "case when trim(cast(" ~ raw_value ~ " as varchar)) != '' and "
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
