{#- A campaign tag of a web event: the tracker's, else the one in the page's address;
    null where it is one of the words that trackers write for nothing. -#}
{% macro traffic_tag(event, tag) -%}
    {%- set value -%}
        coalesce(
            {{ event }}.utm_{{ tag }},
            {{ url_parameter(event ~ '.page_url', 'utm_' ~ tag) }}
        )
    {%- endset -%}
    case
        {#- Two lists, as in `parse_identifier`. #}
        when
            lower({{ value }}) in ('(direct)', '(none)', '(not set)', '(not provided)')
            or lower({{ value }}) in ('null', 'none', 'undefined') then null
        else {{ value }}
    end
{%- endmacro %}
