{#- The logarithm of a chance whose logit is given; of a small one too. -#}
{% macro log_chance(logit) -%}
    (least({{ logit }}, 0) - ln(1 + exp(-abs({{ logit }}))))
{%- endmacro %}
