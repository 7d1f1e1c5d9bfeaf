{#-
    The condition that a row (alias `typed`) belongs to nobody who was erased, by any
    of the identifiers it carries.
-#}
{% macro not_erased(table_name) -%}
    {%- set erased_identifiers = ref('erased_identifiers') -%}
    {%- set conditions = [] -%}
    {%- for kind, name in erasable_columns(table_name) -%}
        {%- do conditions.append(
            "not exists (select 1 from " ~ erased_identifiers
            ~ " as erased where erased.kind = '" ~ kind
            ~ "' and erased.identifier = typed." ~ name ~ ")"
        ) -%}
    {%- endfor -%}
    {{ conditions | join('\n        and ') or '1 = 1' }}
{%- endmacro %}

{#- Whether a row belongs to somebody who was erased. -#}
{% macro is_erased(table_name, rows) -%}
    {%- for kind, name in erasable_columns(table_name) -%}
        {{ rows }}.{{ name }} in (
            select erased.identifier from {{ erased_identifiers_table() }} as erased
            where erased.kind = '{{ kind }}'
        )
        {{- ' or ' if not loop.last }}
    {%- else -%}
        1 = 0
    {%- endfor -%}
{%- endmacro %}

{#- The columns of a raw table by which an erasure finds a row: (kind, column) pairs. -#}
{% macro erasable_columns(table_name) %}
    {%- set found = [] -%}
    {%- for column in raw_contract(table_name).columns -%}
        {%- for kind in ['customer_id', 'anonymous_id', 'order_id'] -%}
            {%- if column.name.endswith(kind) -%}
                {%- do found.append((kind, column.name)) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(found) }}
{% endmacro %}
