{#- No value of recency, frequency or money has two scores. -#}
{% test equal_customers_have_equal_scores(model) %}
{% for value, score in [
    ('recency_days', 'recency_score'),
    ('n_orders', 'frequency_score'),
    ('net_revenue_amount', 'monetary_score'),
] %}
select
    '{{ value }}' as measure,
    cast({{ value }} as varchar) as split_value
from {{ model }}
group by {{ value }}
having min({{ score }}) <> max({{ score }})
{{ 'union all' if not loop.last }}
{% endfor %}
{% endtest %}
