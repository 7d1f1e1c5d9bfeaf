{#-
    The sums over a person's past that features are made of: where the days are, the
    column, and between how many days back (none: all of the past). Sums over days add
    up, so that one pass over the days gives them at every origin.
-#}
{% macro clv_measures() %}
    {%- set all_time = none -%}
    {{ return([
        ('int_purchase_facts', 'n_purchases', 0, 30),
        ('int_purchase_facts', 'n_purchases', 0, 90),
        ('int_purchase_facts', 'n_purchases', 0, 365),
        ('int_purchase_facts', 'n_purchases', 275, 365),
        ('int_purchase_facts', 'net_revenue_amount', 0, 90),
        ('int_purchase_facts', 'net_revenue_amount', 0, 365),
        ('int_purchase_facts', 'refunded_amount', 0, all_time),
        ('int_purchase_facts', 'gross_amount', 0, all_time),
        ('int_purchase_facts', 'discount_amount', 0, all_time),
        ('int_purchase_facts', 'n_units', 0, all_time),
        ('int_purchase_facts', 'n_products', 0, all_time),
        ('int_purchase_facts', 'n_gaps', 0, all_time),
        ('int_purchase_facts', 'log_gap', 0, all_time),
        ('int_purchase_facts', 'log_gap_square', 0, all_time),
        ('int_contact_facts', 'n_inbound', 0, 30),
        ('int_contact_facts', 'n_inbound', 0, 90),
        ('int_contact_facts', 'n_inbound', 0, all_time),
        ('int_contact_facts', 'n_considering', 0, 30),
        ('int_contact_facts', 'n_carts', 0, 30),
        ('int_contact_facts', 'n_paid', 0, all_time),
        ('int_contact_facts', 'n_messages', 0, 90),
        ('int_contact_facts', 'n_message_clicks', 0, 90),
        ('int_contact_facts', 'n_service', 0, 90),
        ('int_contact_facts', 'n_failures', 0, 365),
        ('int_contact_facts', 'friction', 0, 90),
        ('int_contact_facts', 'n_praises', 0, 365),
        ('int_contact_facts', 'n_complaints', 0, 365),
        ('int_contact_facts', 'memberships', 0, all_time),
        ('int_satisfaction_facts', 'n_scores', 0, 365),
        ('int_satisfaction_facts', 'score', 0, 365),
    ]) }}
{% endmacro %}

{#- The column of a measure: n_purchases_30, n_purchases_275_to_365, n_units. -#}
{% macro clv_measure_name(column, newest, oldest) -%}
    {{ column }}{{ '_' ~ newest ~ '_to' if newest }}{{ '_' ~ oldest if oldest }}
{%- endmacro %}

{#- The sum of a measure over the days `aged` of a person, under that name. -#}
{% macro measure_sum(column, newest, oldest) -%}
    {%- if oldest -%}
    sum(
        case
            when aged.age between {{ newest }} and {{ oldest - 1 }}
                then aged.{{ column }}
            else 0
        end
    )
    {%- else -%}
    sum(aged.{{ column }})
    {%- endif %} as {{ clv_measure_name(column, newest, oldest) }}
{%- endmacro %}
