{#-
    Two CTEs that end a base model: `decided` has the rows of `checked` (typed, with
    `rejection_reason`), each with what became of it: quarantined, duplicate or
    accepted.

    Of the acceptable rows with one key the last received (or updated) wins; failing
    that the one in the last file; failing that the one whose content sorts last, so
    that the choice depends on nothing but the data.
-#}
{% macro decided_rows(table_name) %}
    {%- set contract = raw_contract(table_name) -%}
    {%- set names = staged_names(contract) -%}
described as (
    select
        {%- for name in names %}
        checked.{{ name }},
        {%- endfor %}
        checked.source_file,
        checked.unreadable_columns,
        checked.rejection_reason,
        case
            when checked.rejection_reason is not null
                then {{ mask_emails(struct_as_json('checked.raw_row')) }}
        end as raw_row
    from checked
),

decided as (
    select
        {%- for name in names %}
        described.{{ name }},
        {%- endfor %}
        described.source_file,
        described.unreadable_columns,
        described.rejection_reason,
        case
            when described.rejection_reason is not null then 'quarantined'
            when
                row_number() over (
                    partition by
                        described.rejection_reason is null
                        {%- for name in contract.key %},
                        described.{{ name }}
                        {%- endfor %}
                    order by
                        {%- for name in ['received_at', 'updated_at'] if name in names %}
                        described.{{ name }} desc nulls last,
                        {%- endfor %}
                        described.source_file desc nulls last
                        {%- for name in names if name not in contract.key %},
                        described.{{ name }} desc nulls last
                        {%- endfor %}
                ) > 1 then 'duplicate'
            else 'accepted'
        end as row_status,
        described.raw_row
    from described
)
{%- endmacro %}

{#- The columns that a contract's table has once typed: personal ones are hashed or
    measured (see typed_rows) and say so in their names. -#}
{% macro staged_names(contract) %}
    {%- set names = [] -%}
    {%- for column in contract.columns -%}
        {%- do names.append(column.name ~ (
            '_length' if column.pii_kind == 'text'
            else '_hash' if column.pii_kind else ''
        )) -%}
    {%- endfor -%}
    {{ return(names) }}
{% endmacro %}
