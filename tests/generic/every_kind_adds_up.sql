{#- Each column has the same sum over the segments of every kind. -#}
{% test every_kind_adds_up(model, columns) %}
{% for column in columns %}
select
    '{{ column }}' as broken_column,
    min(totals.total) as lowest,
    max(totals.total) as highest
from (
    select
        segment_kind,
        sum(coalesce({{ column }}, 0)) as total
    from {{ model }}
    group by segment_kind
) as totals
having min(totals.total) <> max(totals.total)
{{ 'union all' if not loop.last }}
{% endfor %}
{% endtest %}
