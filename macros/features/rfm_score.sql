{#-
    A score of recency, frequency or money, 1 to 5: how many fifths of the customers are
    strictly worse, and one more, so that equal customers have equal scores.
-#}
{% macro rfm_score(n_worse, n_customers) -%}
    cast(1 + floor(
        5.0 * ({{ n_worse }}) / nullif({{ n_customers }}, 0)
    ) as integer)
{%- endmacro %}
