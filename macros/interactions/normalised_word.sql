{#-
    A word of a sender as the rules spell it: `Product Viewed`, `productViewed` and
    `product-viewed` are all product_viewed.
-#}
{% macro normalised_word(text) -%}
    {{ adapter.dispatch('normalised_word', 'journey_clv')(text) }}
{%- endmacro %}

{% macro default__normalised_word(text) -%}
    trim(both '_' from lower(regexp_replace(
        regexp_replace({{ text }}, '([a-z0-9])([A-Z])', '$1_$2'), '[^A-Za-z0-9]+', '_'
    )))
{%- endmacro %}

{% macro duckdb__normalised_word(text) -%}
    trim(lower(regexp_replace(
        regexp_replace({{ text }}, '([a-z0-9])([A-Z])', '\1_\2', 'g'),
        '[^A-Za-z0-9]+', '_', 'g'
    )), '_')
{%- endmacro %}
