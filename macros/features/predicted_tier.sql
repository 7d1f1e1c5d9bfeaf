{#-
    The value tier of a customer, by the place of their prediction among all: rank 1 is
    the lowest, and equal predictions have equal ranks and tiers.
-#}
{% macro predicted_tier(predicted_rank, n_customers) -%}
    case
        when {{ predicted_rank }} - 1 >= 0.9 * {{ n_customers }} then 'top tenth'
        when {{ predicted_rank }} - 1 >= 0.7 * {{ n_customers }}
            then 'next two tenths'
        when {{ predicted_rank }} - 1 >= 0.4 * {{ n_customers }}
            then 'next three tenths'
        else 'last four tenths'
    end
{%- endmacro %}
