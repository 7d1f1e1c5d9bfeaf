{#-
    The chance of a standard normal value at least as far from zero, to seven decimals:
    formula 26.2.17 of Abramowitz and Stegun, Handbook of Mathematical Functions (1964).
    Neither engine has the normal distribution.
-#}
{% macro two_sided_p_value(z) -%}
    {%- set t = '(1 / (1 + 0.2316419 * abs(' ~ z ~ ')))' -%}
    2 * exp(-0.5 * {{ z }} * {{ z }}) * 0.3989422804014327 * {{ t }} * (
        0.319381530 + {{ t }} * (
            -0.356563782 + {{ t }} * (
                1.781477937 + {{ t }} * (-1.821255978 + {{ t }} * 1.330274429)
            )
        )
    )
{%- endmacro %}
