{#-
    Joins to rows with a customer number and a device who they are, as `customers` and
    `devices`; `joined_person` is the person. Who gave a number is that customer, on
    whichever device.
-#}
{% macro join_person(rows) -%}
    left join {{ ref('int_identifiers_resolved') }} as customers
        on
            {{ rows }}.customer_id = customers.identifier
            and customers.kind = 'customer_id'
    left join {{ ref('int_identifiers_resolved') }} as devices
        on
            {{ rows }}.anonymous_id = devices.identifier
            and devices.kind = 'anonymous_id'
{%- endmacro %}

{% macro joined_person() -%}
    coalesce(customers.customer_key, devices.customer_key)
{%- endmacro %}
