{#- In a table of prefixes (path_key, parent_path_key) each number of a row is what
    ended there plus that of its children. -#}
{% test tree_adds_up(model, columns, ended_column) %}
{% for column in columns %}
select
    parents.path_key,
    '{{ column }}' as broken_column
from {{ model }} as parents
left join {{ model }} as children on parents.path_key = children.parent_path_key
group by parents.path_key, parents.{{ column }}, parents.{{ ended_column }}
having
    parents.{{ column }}
    <> parents.{{ ended_column }} + coalesce(sum(children.{{ column }}), 0)
{{ 'union all' if not loop.last }}
{% endfor %}
{% endtest %}
