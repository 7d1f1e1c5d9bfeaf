{#- The condition holds in every row; a null is a failure too. -#}
{% test always_true(model, condition) %}
select *
from {{ model }}
where ({{ condition }}) is not true
{% endtest %}
