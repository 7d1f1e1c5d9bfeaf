{#-
    Schemas are called what the project calls them (`staging`, `marts`, …) with no
    prefix of the target: each output folder is a database of its own.
-#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ (custom_schema_name or target.schema) | trim }}
{%- endmacro %}
