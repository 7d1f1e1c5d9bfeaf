{#-
    A pre-hook: in an increment, keeps a table as the last build left it, in schema
    `loads`, so that a later model can tell what has changed.
-#}
{% macro keep_before(relation) %}
    {%- if execute and load_plan().mode == 'increment' -%}
        create or replace table {{ table_before(relation.identifier) }} as
        select * from {{ relation }}
    {%- endif -%}
{% endmacro %}

{% macro table_before(name) %}
    {{ return('loads.' ~ name ~ '_before') }}
{% endmacro %}

{#-
    A post-hook of a base model that is built whole each time: notes in schema `loads`
    whose rows are not what they were.
-#}
{% macro note_changes(relation) %}
    {%- if execute and load_plan().mode == 'increment' -%}
        insert into loads.changed_identifiers
        {#- Rows of one build only; `except all` twice costs six times as much. #}
        with both_builds as (
            select *, 1 as n from {{ relation }}
            union all
            select *, -1 as n from {{ table_before(relation.identifier) }}
        ),
        changed as (
            select * exclude (n) from both_builds
            group by all having sum(n) <> 0
        )
        {% for kind, name in erasable_columns(relation.identifier.split('__')[1])
            if kind in ('customer_id', 'anonymous_id')
        %}
        {{ 'union' if not loop.first }}
        select '{{ kind }}' as kind, changed.{{ name }} as identifier
        from changed
        group by changed.{{ name }}
        {% endfor %}
    {%- endif -%}
{% endmacro %}
