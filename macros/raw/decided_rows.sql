{#-
    Two CTEs that end a base model: `decided` has the rows of `checked` (typed, with
    `rejection_reason`), each with what became of it: quarantined, duplicate or
    accepted.

    Of the acceptable rows with one key the last received (or updated) wins; failing
    that the one in the last file; failing that the one whose content sorts last, so
    that the choice depends on nothing but the data.

    In an increment the rows that are known already and share a key with a new one, or
    with one that has been erased, are decided again with them.
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

{% if is_incremental() -%}
touched_keys as (
    select {{ contract.key | join(', ') }}
    from described
    where described.rejection_reason is null
    union
    select {{ contract.key | join(', ') }}
    from {{ this }} as typed
    where typed.rejection_reason is null and ({{ is_erased(table_name, 'typed') }})
),

-- Few rows of a wide table: found by their keys alone, and only then read.
known_rows as (
    select typed.rowid as row_id
    from {{ this }} as typed
    where
        typed.rejection_reason is null
        and exists (
            select 1 from touched_keys
            where {{ same_key(contract, 'typed', 'touched_keys') }}
        )
),

known as (
    select
        {%- for name in names %}
        typed.{{ name }},
        {%- endfor %}
        typed.source_file,
        typed.unreadable_columns,
        typed.rejection_reason,
        typed.raw_row
    from {{ this }} as typed
    where
        typed.rowid in (select known_rows.row_id from known_rows)
        and {{ not_erased(table_name) }}
),

candidates as (
    select * from described
    union all
    select * from known
),
{%- else -%}
candidates as (
    select * from described
),
{%- endif %}

decided as (
    select
        {%- for name in names %}
        candidates.{{ name }},
        {%- endfor %}
        candidates.source_file,
        candidates.unreadable_columns,
        candidates.rejection_reason,
        case
            when candidates.rejection_reason is not null then 'quarantined'
            {%- if is_incremental() or not decides_duplicates_later() %}
            when
                row_number() over (
                    partition by
                        candidates.rejection_reason is null
                        {%- for name in contract.key %},
                        candidates.{{ name }}
                        {%- endfor %}
                    order by {{ winner_first(contract, 'candidates') }}
                ) > 1 then 'duplicate'
            {%- endif %}
            else 'accepted'
        end as row_status,
        candidates.raw_row
    from candidates
)
{%- endmacro %}

{#- In which order the rows of one key stand: the one that wins is the first. -#}
{% macro winner_first(contract, rows) -%}
    {%- set names = staged_names(contract) -%}
    {%- for name in ['received_at', 'updated_at'] if name in names -%}
        {{ rows }}.{{ name }} desc nulls last,
    {% endfor -%}
    {{ rows }}.source_file desc nulls last
    {%- for name in names if name not in contract.key -%}
        , {{ rows }}.{{ name }} desc nulls last
    {%- endfor -%}
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

{#-
    Whether two acceptable rows have the same key. Parts of it may be null where the
    contract does not require them; the others are compared in the way that is fast.
-#}
{% macro same_key(contract, one, other) -%}
    {%- for name in contract.key -%}
        {%- set column = contract.columns | selectattr('name', 'eq', name) | first -%}
        {{ one }}.{{ name }}
        {{- ' = ' if column.required else ' is not distinct from ' -}}
        {{ other }}.{{ name }}
        {{- ' and ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}
