{#- The texts of a group in alphabetical order, joined into one (an aggregate). -#}
{% macro joined_in_order(text, separator) -%}
    {{ adapter.dispatch('joined_in_order', 'journey_clv')(text, separator) }}
{%- endmacro %}

{% macro default__joined_in_order(text, separator) -%}
    string_agg({{ text }}, '{{ separator }}' order by {{ text }})
{%- endmacro %}

{% macro spark__joined_in_order(text, separator) -%}
    array_join(sort_array(collect_list({{ text }})), '{{ separator }}')
{%- endmacro %}
