{#-
    The lower or upper bound of the 95 % interval of a rate, of so many successes in so
    many trials, by Wilson (1927): it stays within 0 and 1 and is right for few trials
    too. Null where there was no trial.
-#}
{% macro wilson_bound(successes, trials, side) -%}
    {%- if side not in ('lower', 'upper') -%}
        {{ exceptions.raise_compiler_error(
            'wilson_bound: side is lower or upper, not ' ~ side ~ '.'
        ) }}
    {%- endif -%}
    {%- set z = z_of_95() -%}
    {%- set k = 'cast(' ~ successes ~ ' as double)' -%}
    {%- set n = 'cast(' ~ trials ~ ' as double)' -%}
    case
        when {{ trials }} = 0 then null
        {%- if side == 'lower' %}
        when {{ successes }} = 0 then 0e0
        {%- else %}
        when {{ successes }} = {{ trials }} then 1e0
        {%- endif %}
        else (
            {{ k }} + {{ z * z / 2 }} {{ '-' if side == 'lower' else '+' }} {{ z }} * sqrt(
                {{ k }} * ({{ n }} - {{ k }}) / nullif({{ n }}, 0) + {{ z * z / 4 }}
            )
        ) / nullif({{ n }} + {{ z * z }}, 0)
    end
{%- endmacro %}
