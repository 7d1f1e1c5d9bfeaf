{#-
    The last key of a random sample of so many people of a relation, as a query: keys are
    hashes, so the first in their order are one.
-#}
{% macro last_sampled_key(relation, n_people) -%}
    select max(first_keys.customer_key) as last_key
    from (
        select people.customer_key
        from {{ relation }} as people
        group by people.customer_key
        order by people.customer_key
        limit {{ n_people }}
    ) as first_keys
{%- endmacro %}
