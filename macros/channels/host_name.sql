{#- The name in a host that is nothing but a name and an ending: google of google.de
    and google.co.uk. Blank for any other host. -#}
{% macro host_name(host) -%}
    regexp_extract({{ host }}, '^([a-z0-9-]+)[.](?:com?[.])?[a-z]{2,4}$', 1)
{%- endmacro %}

{#- Whether two hosts are neither the same nor one under the other. -#}
{% macro are_unrelated_hosts(host, other) -%}
    not {{ has_substring("'.' || " ~ host ~ " || '/'", "'.' || " ~ other ~ " || '/'") }}
    and not {{ has_substring("'.' || " ~ other ~ " || '/'", "'.' || " ~ host ~ " || '/'") }}
{%- endmacro %}
