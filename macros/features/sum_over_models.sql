{#-
    The sum over the purchase models of the product of columns of `rows`, each of which
    has one for every model, with its name at the end: p_alive_bg_nbd.
-#}
{% macro sum_over_models(rows, models, factors) %}
    {%- set terms = [] -%}
    {%- for model in models -%}
        {%- set columns = [] -%}
        {%- for factor in factors -%}
            {%- do columns.append(rows ~ '.' ~ factor ~ '_' ~ model) -%}
        {%- endfor -%}
        {%- do terms.append(columns | join(' * ')) -%}
    {%- endfor -%}
    {{ return('(' ~ terms | join(' + ') ~ ')') }}
{% endmacro %}
