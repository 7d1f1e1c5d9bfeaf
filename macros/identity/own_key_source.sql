{#-
    What the key of an identifier is made of that no customer number stands for. It
    cannot be taken for a customer number: those are trimmed, and this has a blank first.
-#}
{% macro own_key_source(kind, identifier) -%}
    ' ' || {{ kind }} || ' ' || {{ identifier }}
{%- endmacro %}
