{#- Stops the run when a business setting makes no sense, with a sentence each. -#}
{% macro check_settings() %}
    {%- if not execute -%}
        {{ return('') }}
    {%- endif -%}
    {%- set wrong = [] -%}
    {%- if not 0 <= var('gross_margin_rate') <= 1 -%}
        {%- do wrong.append(('gross_margin_rate', 'a number from 0 to 1')) -%}
    {%- endif -%}
    {%- set contacts = [
        'ticket_opened', 'ticket_delivery', 'ticket_overdue', 'ticket_resolved',
        'chat_started', 'chat_unresolved'
    ] -%}
    {%- set costs = var('service_costs') -%}
    {%- if
        costs is not mapping
        or costs.keys() | reject('in', contacts) | list
        or costs.values() | reject('number') | list
        or (costs and costs.values() | min < 0)
    -%}
        {%- do wrong.append(('service_costs', (
            'costs of 0 or more by touchpoint, such as {ticket_opened: 6.5}; those of '
            ~ 'service are ' ~ contacts | join(', ')
        ))) -%}
    {%- endif -%}
    {%- if var('discount_rate') < 0 -%}
        {%- do wrong.append(('discount_rate', 'a yearly rate of 0 or more')) -%}
    {%- endif -%}
    {%- if not modules.re.match('^[A-Z]{3}$', var('reporting_currency')) -%}
        {%- do wrong.append(
            ('reporting_currency', 'a code of three capitals, such as EUR')
        ) -%}
    {%- endif -%}
    {%- if var('reporting_timezone') not in modules.pytz.all_timezones -%}
        {%- do wrong.append(
            ('reporting_timezone', 'a name such as Europe/Berlin or UTC')
        ) -%}
    {%- endif -%}
    {%- set horizons = var('clv_horizons') -%}
    {%- if not horizons or horizons | min < 1 or horizons | unique | list != horizons -%}
        {%- do wrong.append(
            ('clv_horizons', 'whole numbers of days, each once, such as [90, 365]')
        ) -%}
    {%- endif -%}
    {%- if var('clv_horizon_days') not in horizons -%}
        {%- do wrong.append(('clv_horizon_days', 'one of clv_horizons')) -%}
    {%- endif -%}
    {%- if var('clv_lifetime_days') <= horizons | max -%}
        {%- do wrong.append(('clv_lifetime_days', 'more days than any of clv_horizons')) -%}
    {%- endif -%}
    {%- set models = [
        'auto', 'bg_nbd', 'mbg_nbd', 'pareto_nbd', 'btyd_average', 'btyd_dormant',
        'regression', 'shrunk_rate'
    ] -%}
    {%- if var('clv_model') not in models -%}
        {%- do wrong.append(('clv_model', 'one of ' ~ models | join(', '))) -%}
    {%- endif -%}
    {%- set models = ['auto', 'regression', 'recency_rate', 'base_rate'] -%}
    {%- if var('prospect_model') not in models -%}
        {%- do wrong.append(('prospect_model', 'one of ' ~ models | join(', '))) -%}
    {%- endif -%}
    {%- if var('season_waves') not in range(13) -%}
        {%- do wrong.append(('season_waves', 'a whole number from 0 to 12')) -%}
    {%- endif -%}
    {%- for name, least in [
        ('backtest_origins', 0), ('backtest_customers', 1), ('fit_customers', 1),
        ('prospect_min_buyers', 1), ('rfm_migration_months', 1),
        ('lapse_days', 2), ('purchase_window_days', 1), ('checkout_abandon_hours', 0),
        ('session_timeout_minutes', 1), ('ticket_response_hours', 0),
        ('max_identity_cluster', 1), ('pain_point_horizon_days', 1),
        ('pain_point_settle_days', 0), ('pain_point_min_exposures', 2),
        ('pain_point_people', 1), ('touchpoint_value_moments', 2),
        ('funnel_window_days', 1), ('journey_path_depth', 1),
        ('journey_path_min_journeys', 1), ('mix_min_people', 1), ('heatmap_grid', 1),
    ] -%}
        {%- if var(name) is not number or var(name) < least or var(name) % 1 -%}
            {%- do wrong.append((name, 'a whole number of ' ~ least ~ ' or more')) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if var('pain_point_settle_days') >= var('pain_point_horizon_days') -%}
        {%- do wrong.append(
            ('pain_point_settle_days', 'fewer days than pain_point_horizon_days')
        ) -%}
    {%- endif -%}
    {%- if var('as_of') and not is_instant(as_of_text()) -%}
        {%- do wrong.append((
            'as_of',
            'a date such as 2024-12-31, or a time such as 2024-12-31 18:00:00, with a '
            ~ 'Z for UTC; not in the future'
        )) -%}
    {%- endif -%}
    {%- if wrong -%}
        {%- set sentences = [] -%}
        {%- for name, remedy in wrong -%}
            {%- do sentences.append(
                'Var ' ~ name ~ ' is ' ~ var(name) ~ ': give ' ~ remedy ~ '.'
            ) -%}
        {%- endfor -%}
        {%- do exceptions.raise_compiler_error(sentences | join('\n  ')) -%}
    {%- endif -%}
{% endmacro %}

{#- Whether the text is a date or time that exists and has come. -#}
{% macro is_instant(text) %}
    {%- if not modules.re.match(
        '^[0-9]{4}-[0-9]{2}-[0-9]{2}([ T][0-9]{2}:[0-9]{2}(:[0-9]{2})?Z?)?$', text
    ) -%}
        {{ return(false) }}
    {%- endif -%}
    {%- set day = text[:10] -%}
    {%- set answer = run_query(
        "select try_cast('" ~ day ~ "' as date) <= cast('"
        ~ run_started_at.strftime('%Y-%m-%d') ~ "' as date)"
    ) -%}
    {{ return(answer.rows[0][0] is true) }}
{% endmacro %}
