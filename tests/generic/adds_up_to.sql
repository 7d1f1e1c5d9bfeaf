{#- The column sums to what the expression gives on the other relation: nothing is lost
    or counted twice. -#}
{% test adds_up_to(model, column, other, other_expression) %}
with

here as (
    select coalesce(sum({{ column }}), 0) as total
    from {{ model }}
),

there as (
    select coalesce({{ other_expression }}, 0) as total
    from {{ other }}
)

select
    here.total,
    there.total as other_total
from here
cross join there
where here.total <> there.total
{% endtest %}
