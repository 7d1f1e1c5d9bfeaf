{#- The tier of a prospect by the rank of what is predicted of them, among all. -#}
{% macro prospect_tier(rank, total) -%}
    case
        when {{ rank }} - 1 >= 0.9 * {{ total }} then 'top tenth'
        when {{ rank }} - 1 >= 0.7 * {{ total }} then 'next two tenths'
        when {{ rank }} - 1 >= 0.4 * {{ total }} then 'next three tenths'
        else 'last four tenths'
    end
{%- endmacro %}
