{#-
    The level of each row is that of the row before plus what came and less what went,
    and the first row begins at nothing.
-#}
{% test changes_add_up(model, level, came, went, partition_by, order_by) %}
with

steps as (
    select
        {{ partition_by }},
        {{ order_by }},
        {{ level }} as level_now,
        coalesce(
            lag({{ level }}) over (
                partition by {{ partition_by }}
                order by {{ order_by }} asc
            ), 0
        ) + {{ came }} - {{ went }} as level_expected
    from {{ model }}
)

select *
from steps
where level_now <> level_expected
{% endtest %}
