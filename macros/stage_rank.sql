{#- The place of a stage on the way: awareness is 1, advocacy 5, and lapsed 6. -#}
{% macro stage_rank(stage) -%}
    case {{ stage }}
        {%- for name in stage_names() %}
        when '{{ name }}' then {{ loop.index }}
        {%- endfor %}
    end
{%- endmacro %}

{#- The stages, in the order in which a person goes through them. -#}
{% macro stage_names() %}
    {{ return([
        'awareness', 'consideration', 'purchase', 'retention', 'advocacy', 'lapsed'
    ]) }}
{% endmacro %}
