{#- Whether a medium, in lower case, says that the visit was paid for, in the words of
    Google's channel rules: it matches ^(.*cp.*|ppc|retargeting|paid.*)$. -#}
{% macro paid_medium(medium) -%}
    {{ matches(medium, '^(.*cp.*|ppc|retargeting|paid.*)$') }}
{%- endmacro %}

{#- Whether a medium, in lower case, is one of Google's words for display. -#}
{% macro display_medium(medium) -%}
    {{ medium }} in ('display', 'banner', 'expandable', 'interstitial', 'cpm')
{%- endmacro %}
