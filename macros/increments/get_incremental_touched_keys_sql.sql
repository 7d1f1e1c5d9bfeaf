{#-
    The incremental strategy `touched_keys` of the base models: takes out what has been
    erased and every row that shares a key with a new one, and puts in what the model
    has decided about those. Whose rows changed is noted in schema `loads`.
-#}
{% macro get_incremental_touched_keys_sql(arg_dict) %}
    {%- set target = arg_dict['target_relation'] -%}
    {%- set temp = arg_dict['temp_relation'] -%}
    {%- set table_name = model.name.split('__')[1] -%}
    {%- set contract = raw_contract(table_name) -%}
    {%- set columns = get_quoted_csv(
        arg_dict['dest_columns'] | map(attribute='name')
    ) -%}

    {%- set taken_out = table_name ~ '_taken_out' -%}
    {%- set people = [] -%}
    {%- for kind, name in erasable_columns(table_name)
        if kind in ('customer_id', 'anonymous_id')
    -%}
        {%- do people.append((kind, name)) -%}
    {%- endfor %}
    create or replace temp table {{ taken_out }} as
    select
        rowid as row_id
        {%- for kind, name in people %},
        {{ name }}
        {%- endfor %}
    from {{ target }} as known
    where
        {{ is_erased(table_name, 'known') }}
        or known.row_status != 'quarantined' and exists (
            select 1 from {{ temp }} as decided
            where
                decided.row_status != 'quarantined'
                and {{ same_key(contract, 'decided', 'known') }}
        );

    {%- for kind, name in people %}
    insert into loads.changed_identifiers
    select '{{ kind }}' as kind, {{ name }} as identifier
    from {{ taken_out }}
    union
    select '{{ kind }}' as kind, {{ name }} as identifier
    from {{ temp }};
    {%- endfor %}

    delete from {{ target }}
    where rowid in (select taken_out.row_id from {{ taken_out }} as taken_out);

    drop table {{ taken_out }};

    insert into {{ target }} ({{ columns }})
    (
        select {{ columns }}
        from {{ temp }}
    )
{% endmacro %}
