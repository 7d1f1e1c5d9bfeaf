{#- Stops the run when a business setting makes no sense, with a sentence each. -#}
{% macro check_settings() %}
    {%- if execute -%}
        {%- set errors = [] -%}
        {%- for name in ['gross_margin_rate'] -%}
            {%- if not 0 <= var(name) <= 1 -%}
                {%- do errors.append(
                    'Var ' ~ name ~ ' is ' ~ var(name) ~ ': give a number from 0 to 1.'
                ) -%}
            {%- endif -%}
        {%- endfor -%}
        {%- if not modules.re.match('^[A-Z]{3}$', var('reporting_currency')) -%}
            {%- do errors.append(
                'Var reporting_currency is ' ~ var('reporting_currency')
                ~ ': give a code of three capitals, such as EUR.'
            ) -%}
        {%- endif -%}
        {%- if var('reporting_timezone') not in known_timezones() -%}
            {%- do errors.append(
                'Var reporting_timezone is ' ~ var('reporting_timezone')
                ~ ': give a name such as Europe/Berlin or UTC.'
            ) -%}
        {%- endif -%}
        {%- if var('discount_rate') < 0 -%}
            {%- do errors.append(
                'Var discount_rate is ' ~ var('discount_rate')
                ~ ': give a yearly rate of 0 or more.'
            ) -%}
        {%- endif -%}
        {%- if var('clv_horizon_days') not in var('clv_horizons') -%}
            {%- do errors.append(
                'Var clv_horizon_days is ' ~ var('clv_horizon_days')
                ~ ', which is not in clv_horizons: add it there.'
            ) -%}
        {%- endif -%}
        {%- set models = ['auto', 'bg_nbd', 'mbg_nbd', 'pareto_nbd', 'shrunk_rate'] -%}
        {%- if var('clv_model') not in models -%}
            {%- do errors.append(
                'Var clv_model is ' ~ var('clv_model') ~ ': give one of '
                ~ models | join(', ') ~ '.'
            ) -%}
        {%- endif -%}
        {%- if var('as_of') and not modules.re.match(
            '^[0-9]{4}-[0-9]{2}-[0-9]{2}([ T][0-9]{2}:[0-9]{2}(:[0-9]{2})?Z?)?$',
            var('as_of') | string
        ) -%}
            {%- do errors.append(
                'Var as_of is ' ~ var('as_of') ~ ': give a date such as 2024-12-31, or '
                ~ 'a time such as 2024-12-31 18:00:00, with a Z for UTC.'
            ) -%}
        {%- endif -%}
        {%- if errors -%}
            {%- do exceptions.raise_compiler_error(errors | join('\n  ')) -%}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}

{#- The zones that Python's copy of the IANA database names. -#}
{% macro known_timezones() %}
    {{ return(modules.pytz.all_timezones) }}
{% endmacro %}
