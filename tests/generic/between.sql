{#- Every value that is not null lies between the bounds, both included. -#}
{% test between(model, column_name, lower, upper=none) %}
select *
from {{ model }}
where
    {{ column_name }} < {{ lower }}
    {%- if upper is not none %}
    or {{ column_name }} > {{ upper }}
    {%- endif %}
{% endtest %}
