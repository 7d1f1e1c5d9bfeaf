{#-
    The incremental strategy `touched_people`: whoever this load touches is taken out of
    the table whole and put in again as computed anew, so that people who are gone, by
    a merge or an erasure, go from every table.
-#}
{% macro get_incremental_touched_people_sql(arg_dict) %}
    {%- set target = arg_dict['target_relation'] -%}
    {%- set columns = get_quoted_csv(
        arg_dict['dest_columns'] | map(attribute='name')
    ) %}
    delete from {{ target }}
    where customer_key in (
        select touched.customer_key from {{ mart_relation('int_people_touched') }} as touched
    );

    insert into {{ target }} ({{ columns }})
    (
        select {{ columns }}
        from {{ arg_dict['temp_relation'] }}
    )
{% endmacro %}
