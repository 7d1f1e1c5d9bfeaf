{#-
    The place of a contact among those of one instant, by its stage signal: what comes
    of a checkout or an order comes after it.
-#}
{% macro signal_rank(stage_signal) -%}
    case {{ stage_signal }}
        when 'checkout' then 1
        when 'order' then 2
        when 'detractor' then 3
        when 'advocacy' then 4
        else 0
    end
{%- endmacro %}
