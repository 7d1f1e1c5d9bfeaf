{#-
    The incremental strategy `touched_pairs`: takes out the pairs of whatever identifiers
    changed rows name, and puts in what the model has counted anew about those.
-#}
{% macro get_incremental_touched_pairs_sql(arg_dict) %}
    {%- set target = arg_dict['target_relation'] -%}
    {%- set columns = get_quoted_csv(
        arg_dict['dest_columns'] | map(attribute='name')
    ) %}
    delete from {{ target }} where {{ has_changed('customer_id', 'anonymous_id') }};

    insert into {{ target }} ({{ columns }})
    (
        select {{ columns }}
        from {{ arg_dict['temp_relation'] }}
    )
{% endmacro %}

{#- Whether one of the identifiers is of a row that this load changed. -#}
{% macro has_changed(customer_id, anonymous_id) -%}
    {%- set conditions = [] -%}
    {%- for kind, name in [('customer_id', customer_id), ('anonymous_id', anonymous_id)]
        if name
    -%}
        {%- do conditions.append(
            name ~ " in (select changed.identifier "
            ~ "from loads.changed_identifiers as changed where changed.kind = '"
            ~ kind ~ "')"
        ) -%}
    {%- endfor -%}
    ({{ conditions | join(' or ') }})
{%- endmacro %}
