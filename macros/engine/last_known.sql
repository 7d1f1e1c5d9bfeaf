{#- The last value that is not null in a window's frame. -#}
{% macro last_known(column, window) -%}
    {{ adapter.dispatch('last_known', 'journey_clv')(column, window) }}
{%- endmacro %}

{% macro default__last_known(column, window) -%}
    last_value({{ column }} ignore nulls) over ({{ window }})
{%- endmacro %}

{% macro spark__last_known(column, window) -%}
    last_value({{ column }}) ignore nulls over ({{ window }})
{%- endmacro %}
