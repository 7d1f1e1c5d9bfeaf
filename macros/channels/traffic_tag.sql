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
        when lower({{ value }}) not in (
            '(direct)', '(none)', '(not set)', '(not provided)', 'null', 'none',
            'undefined'
        ) then {{ value }}
    end
{%- endmacro %}
