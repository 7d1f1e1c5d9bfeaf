{#-
    The host of a URL, in lower case, without name, port and the prefixes of one site's
    many faces (www., m., l., …); null where there is none.
-#}
{% macro url_host(url) -%}
    {{ adapter.dispatch('url_host', 'journey_clv')(url) }}
{%- endmacro %}

{#- RE2 and Java read this alike, and both answer '' where nothing matches. A prefix is
    one only if a host is left without it: m.me is itself. -#}
{% macro default__url_host(url) -%}
    nullif(
        regexp_replace(
            regexp_extract(
                lower({{ url }}),
                '^(?:[a-z][a-z0-9+.-]*:)?//(?:[^/?#@]*@)?([a-z0-9._-]+)', 1
            ),
            '^(?:www[0-9]?|m|l|lm|mobile|touch|amp|out|away|old)[.]([^.]+[.].+)$',
            '{{ regexp_group(1) }}'
        ),
        ''
    )
{%- endmacro %}

{#- How a replacement names a group. -#}
{% macro regexp_group(number) -%}
    {{ return(adapter.dispatch('regexp_group', 'journey_clv')(number)) }}
{%- endmacro %}

{% macro default__regexp_group(number) -%}
    {{ return('\\' ~ number) }}
{%- endmacro %}

{% macro spark__regexp_group(number) -%}
    {{ return('$' ~ number) }}
{%- endmacro %}
