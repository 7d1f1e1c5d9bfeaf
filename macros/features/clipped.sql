{#- A value beyond those learned from counts as the nearest of them. -#}
{% macro clipped(value, lowest, highest) -%}
    greatest({{ lowest }}, least({{ highest }}, {{ value }}))
{%- endmacro %}
