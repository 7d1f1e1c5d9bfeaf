{#-
    The path of a URL, without host, query string and fragment, with e-mail addresses
    masked: query strings hold whatever a form sent. The name of an app's screen is
    its own path.
-#}
{% macro url_path(url) -%}
    {%- set scheme = '^[A-Za-z][A-Za-z0-9+.-]*://' -%}
    {%- set path -%}
        case
            when {{ matches(url, scheme) }}
                then coalesce(
                    nullif(
                        regexp_extract({{ url }}, '{{ scheme }}[^/?#]*([^?#]*)', 1), ''
                    ), '/'
                )
            else regexp_extract({{ url }}, '^([^?#]*)', 1)
        end
    {%- endset -%}
    {{ mask_emails("replace(" ~ path ~ ", '%40', '@')") }}
{%- endmacro %}
