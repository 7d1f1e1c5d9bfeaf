{#- How many standard errors a 95 % interval reaches to either side. -#}
{% macro z_of_95() -%}
    {{ return(1.959963984540054) }}
{%- endmacro %}
