{#-
    Whether an amount of this currency cannot be converted at this time: it is not in
    the reporting currency, and no rate of that day or an earlier one is known.
-#}
{% macro has_no_rate(currency, time, first_rates, is_date=false) -%}
    upper({{ currency }}) <> '{{ var('reporting_currency') }}'
                and {{ time if is_date else reporting_date(time) }}
                < coalesce({{ first_rates }}.first_rate_date, date '9999-12-31')
{%- endmacro %}
