{#-
    The page of a URL: host and path, without query string and fragment, with e-mail
    addresses masked. The name of an app's screen is its own page.
-#}
{% macro page_of_url(url) -%}
    coalesce({{ url_host(url) }}, '') || {{ url_path(url) }}
{%- endmacro %}
