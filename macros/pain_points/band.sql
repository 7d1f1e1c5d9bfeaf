{#- 0 for what is unknown, else 1 more than how many rising bounds a value has reached. -#}
{% macro band(value, bounds) -%}
    case
        when {{ value }} is null then 0
        {%- for bound in bounds | reverse %}
        when {{ value }} >= {{ bound }} then {{ loop.revindex + 1 }}
        {%- endfor %}
        else 1
    end
{%- endmacro %}
