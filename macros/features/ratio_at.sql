{#-
    What stands at a place among the sorted ratios `numbered` of a group, the first being
    1; between two of them, in proportion, and exactly theirs where they are equal.
-#}
{% macro ratio_at(place) -%}
    {%- set before -%}
    max(case when numbered.position = floor({{ place }}) then numbered.ratio end)
    {%- endset -%}
    {%- set after -%}
    max(case when numbered.position = floor({{ place }}) + 1 then numbered.ratio end)
    {%- endset -%}
    {{ before }} + coalesce(
        ({{ after }} - {{ before }})
        * max(cast({{ place }} - floor({{ place }}) as double)), 0
    )
{%- endmacro %}
