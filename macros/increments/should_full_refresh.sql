{#-
    dbt's own macro of this name, with the plan of the load in it: in a full build every
    incremental model starts anew.
-#}
{% macro should_full_refresh() %}
    {%- if config.get('full_refresh') is not none -%}
        {{ return(config.get('full_refresh')) }}
    {%- endif -%}
    {{ return(flags.FULL_REFRESH or load_plan().mode == 'full') }}
{% endmacro %}
