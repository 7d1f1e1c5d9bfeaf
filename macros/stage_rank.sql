{#- The place of a stage on the way: awareness is 1, advocacy 5, and lapsed 6. -#}
{% macro stage_rank(stage) -%}
    case {{ stage }}
        when 'awareness' then 1
        when 'consideration' then 2
        when 'purchase' then 3
        when 'retention' then 4
        when 'advocacy' then 5
        when 'lapsed' then 6
    end
{%- endmacro %}
