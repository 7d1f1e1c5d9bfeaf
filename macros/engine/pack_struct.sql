{#- A struct of the given `expression as name` fields, and that struct as JSON. -#}
{% macro pack_struct(fields) -%}
    {{ adapter.dispatch('pack_struct', 'journey_clv')(fields) }}
{%- endmacro %}

{% macro default__pack_struct(fields) -%}
    struct({{ fields | join(', ') }})
{%- endmacro %}

{% macro duckdb__pack_struct(fields) -%}
    struct_pack(
        {%- for field in fields -%}
            {%- set parts = field.rsplit(' as ', 1) -%}
            {{ parts[1] }} := {{ parts[0] }}{{ ', ' if not loop.last }}
        {%- endfor -%}
    )
{%- endmacro %}

{% macro struct_as_json(struct) -%}
    {{ adapter.dispatch('struct_as_json', 'journey_clv')(struct) }}
{%- endmacro %}

{% macro default__struct_as_json(struct) -%}
    cast(to_json({{ struct }}) as {{ dbt.type_string() }})
{%- endmacro %}
