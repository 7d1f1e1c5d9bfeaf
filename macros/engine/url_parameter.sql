{#- The first value of a parameter in a URL's query string, decoded; null where it is
    absent or blank. -#}
{% macro url_parameter(url, name) -%}
    {{ adapter.dispatch('url_parameter', 'journey_clv')(url, name) }}
{%- endmacro %}

{#- Only blanks are decoded: Spark's url_decode stops the query at a broken escape. -#}
{% macro default__url_parameter(url, name) -%}
    nullif(trim(replace(replace(
        {{ journey_clv._url_parameter_text(url, name) }}, '+', ' '), '%20', ' '
    )), '')
{%- endmacro %}

{#- Cut after `contains`, which is many times cheaper than the pattern and false for
    most addresses. A broken escape leaves the text as it is. -#}
{% macro duckdb__url_parameter(url, name) -%}
    {%- set text = journey_clv._url_parameter_text(url, name) -%}
    case
        when contains({{ url }}, '{{ name }}=') then nullif(trim(
            coalesce(try(url_decode(replace({{ text }}, '+', ' '))), {{ text }})
        ), '')
    end
{%- endmacro %}

{% macro _url_parameter_text(url, name) -%}
    regexp_extract({{ url }}, '[?&]{{ name }}=([^&#]*)', 1)
{%- endmacro %}
