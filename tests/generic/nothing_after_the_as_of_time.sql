{#- Nothing in the model is later than the instant that the build describes. -#}
{% test nothing_after_the_as_of_time(model, column) %}
select later.{{ column }}
from {{ model }} as later
cross join {{ ref('int_as_of') }} as as_of
where later.{{ column }} > as_of.as_of_at
{% endtest %}
