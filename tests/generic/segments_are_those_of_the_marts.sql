{#- On the as-of day, RFM segment and stage are those of `dim_customers`. -#}
{% test segments_are_those_of_the_marts(model) %}
select
    segmented.customer_key,
    segmented.rfm_segment,
    segmented.stage
from {{ model }} as segmented
inner join {{ ref('dim_customers') }} as customers
    on segmented.customer_key = customers.customer_key
where
    segmented.days_ago = 0
    and (
        segmented.rfm_segment is distinct from customers.rfm_segment
        or segmented.stage is distinct from coalesce(customers.stage, '(none)')
    )
{% endtest %}
