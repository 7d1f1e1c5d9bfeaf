{#-
    Grain: one row per raw table and set of optional columns that could not be read.
    Those rows were kept, with nulls in these columns.
-#}
with

unread as (
    {% for table in raw_tables() -%}
    select
        '{{ table.name }}' as table_name,
        base.unreadable_columns,
        count(*) as n_rows
    from {{ ref('base_' ~ table.domain ~ '__' ~ table.name) }} as base
    where base.unreadable_columns is not null and base.row_status = 'accepted'
    group by base.unreadable_columns
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select * from unread
