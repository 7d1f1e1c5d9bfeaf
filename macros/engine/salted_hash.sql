{#-
    The salted SHA-256 of a text, null for null. On DuckDB the salt is a variable
    of the session (journey_clv/dbt_plugin.py), so that compiled SQL and logs do not
    hold it.
-#}
{% macro salted_hash(text) -%}
    {{ adapter.dispatch('salted_hash', 'journey_clv')(text) }}
{%- endmacro %}

{% macro default__salted_hash(text) -%}
    sha256(getvariable('pii_salt') || {{ text }})
{%- endmacro %}
