{#-
    What stands at a place among the sorted ratios `numbered` of a group, the first being
    1; between two of them, in proportion.
-#}
{% macro ratio_at(place) -%}
    sum(
        case numbered.position - floor({{ place }})
            when 0 then (1 + floor({{ place }}) - {{ place }}) * numbered.ratio
            when 1 then ({{ place }} - floor({{ place }})) * numbered.ratio
        end
    )
{%- endmacro %}
