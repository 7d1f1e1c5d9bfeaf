{#-
    What a purchase of a customer is expected to bring after n of them brought a total,
    by the Gamma-Gamma in `fits`: Fader and Hardie (2013), eq. 5. A loss counts as none.
-#}
{% macro expected_spend(n, total) -%}
    fits.p * (fits.gamma + greatest(cast({{ total }} as double), 0))
    / (fits.p * ({{ n }}) + fits.q - 1)
{%- endmacro %}
