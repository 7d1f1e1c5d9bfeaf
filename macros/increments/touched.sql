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

{#- The same for a contact, whose person is not known yet: by its identifiers. -#}
{% macro touched_contact(contact) -%}
    {%- set identifiers = ref('int_identifiers_touched') -%}
    {%- if is_incremental() -%}
        (
            {{ contact }}.customer_id in (
                select touched.identifier from {{ identifiers }} as touched
                where touched.kind = 'customer_id'
            )
            or (
                {{ contact }}.customer_id is null
                and {{ contact }}.anonymous_id in (
                    select touched.identifier from {{ identifiers }} as touched
                    where touched.kind = 'anonymous_id'
                )
            )
        )
    {%- else -%}
        1 = 1
    {%- endif -%}
{%- endmacro %}
