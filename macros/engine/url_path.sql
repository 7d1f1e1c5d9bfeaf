{#-
    The path of a URL, without host, query string and fragment, with e-mail addresses
    masked: query strings hold whatever a form sent. The name of an app's screen is
    its own path.
-#}
{% macro url_path(url) -%}
    {%- set address -%}
        regexp_replace({{ url }}, '[?#].*$', '')
    {%- endset -%}
    case
        when {{ matches(url, '^[A-Za-z][A-Za-z0-9+.-]*://') }} then {{ mask_emails(
            "replace(coalesce(nullif(regexp_replace(" ~ address
            ~ ", '^[A-Za-z][A-Za-z0-9+.-]*://[^/]*', ''), ''), '/'), '%40', '@')"
        ) }}
        else {{ mask_emails("replace(" ~ address ~ ", '%40', '@')") }}
    end
{%- endmacro %}
