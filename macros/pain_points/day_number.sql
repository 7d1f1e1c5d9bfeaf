{#- Days from 1970 to the UTC day of an instant: whole numbers, to count with. -#}
{% macro day_number(instant) -%}
    cast({{ dbt.datediff("cast('1970-01-01' as date)", instant, 'day') }} as integer)
{%- endmacro %}
