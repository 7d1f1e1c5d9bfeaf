{#-
    The branches of a `case` that name what the contract itself finds wrong with a
    typed row (alias `typed`): a required value that is missing, one that cannot be
    read, a time that is too late or too early.
-#}
{% macro contract_violations(table_name) %}
    {%- set contract = raw_contract(table_name) -%}
    {%- for column in contract.columns %}
        {%- set blank -%}
            nullif(trim(cast(typed.raw_row.{{ column.name }} as varchar)), '') is null
        {%- endset -%}
        {%- if column.required %}
            when
                typed.{{ column.name }} is null
                and {{ '1 = 1' if column.data_type == 'varchar' else blank }}
                then 'missing_{{ column.name }}'
            when typed.{{ column.name }} is null
                then 'unreadable_{{ column.name }}'
        {%- elif column.data_type.startswith('decimal') %}
            when typed.{{ column.name }} is null and not ({{ blank }})
                then 'unreadable_{{ column.name }}'
        {%- endif %}
    {%- endfor %}
    {%- for column in contract.columns
        if column.name in (contract.event_time, 'received_at')
    %}
            when {{ is_after_as_of('typed.' ~ column.name, column.data_type) }}
                then '{{ 'after_as_of' if var('as_of') else 'future_time' }}'
            when typed.{{ column.name }} < timestamp '1970-01-01 00:00:00'
                then 'time_before_1970'
    {%- endfor %}
{%- endmacro %}

{#- Whether a time is later than a build may know: than `as_of`, or than the start of
    the run. -#}
{% macro is_after_as_of(value, data_type) -%}
    {%- if data_type == 'date' -%}
        {{ value }} > {{ reporting_date(as_of_limit()) }}
    {%- else -%}
        {{ value }} > {{ as_of_limit() }}
    {%- endif -%}
{%- endmacro %}
