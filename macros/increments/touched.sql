{#-
    The condition that a person is to be computed: everybody in a full build, else the
    people whom this load touches. Goes with the strategy `touched_people`.
-#}
{% macro touched(customer_key) -%}
    {%- set people = ref('int_people_touched') -%}
    {%- if is_incremental() -%}
        {{ customer_key }} in (select touched.customer_key from {{ people }} as touched)
    {%- else -%}
        1 = 1
    {%- endif -%}
{%- endmacro %}

{#-
    The contacts of a relation that are to be computed, whose person is not known yet: by
    their identifiers, as a subquery. Each kind by itself: an engine skips what it need
    not read for a plain membership, and not for one or the other.
-#}
{% macro touched_contacts(relation) -%}
    {%- set identifiers = ref('int_identifiers_touched') -%}
    {%- if is_incremental() -%}
        (
            select contacts.*
            from {{ relation }} as contacts
            where
                contacts.customer_id in (
                    select touched.identifier from {{ identifiers }} as touched
                    where touched.kind = 'customer_id'
                )
            union all
            select contacts.*
            from {{ relation }} as contacts
            where
                contacts.customer_id is null
                and contacts.anonymous_id in (
                    select touched.identifier from {{ identifiers }} as touched
                    where touched.kind = 'anonymous_id'
                )
        )
    {%- else -%}
        {{ relation }}
    {%- endif -%}
{%- endmacro %}
