{#-
    Begins a load: decides whether this build is an increment (journey_clv/loads.py),
    says so, and notes that a build is under way. Until `end_load` says that it came to
    its end, the next one is a full build: so nothing that a killed or failed build
    left half done is ever built upon.
-#}
{% macro begin_load() %}
    {%- if execute and flags.WHICH in ('run', 'build') -%}
        {{ return(adapter.dispatch('begin_load', 'journey_clv')()) }}
    {%- endif -%}
{% endmacro %}

{#- Other engines have no list of files to compare: every build is a full one. -#}
{% macro default__begin_load() %}{% endmacro %}

{% macro duckdb__begin_load() %}
    {%- do run_query('create schema if not exists loads') -%}
    {%- do clear_load() -%}
    {%- do run_query(
        'create table loads.changed_identifiers (kind varchar, identifier varchar)'
    ) -%}
    {%- do run_query('create table if not exists loads.state (state varchar)') -%}
    {%- do run_query('create table if not exists loads.plan (plan varchar)') -%}
    {%- set last = run_query('select state from loads.state').rows -%}
    {%- set last = fromjson(last[0][0]) if last | length else none -%}
    {%- set salt = run_query('select ' ~ salted_hash("''")).rows[0][0] -%}
    {%- set request = tojson({
        'raw_path': raw_path(),
        'project_dir': invocation_args_dict.get('project_dir') or '.',
        'settings': {
            'vars': invocation_args_dict.get('vars', {}) | string,
            'salt': salt,
            'dbt': dbt_version,
        },
        'tables': raw_tables() | map(attribute='name') | list,
        'last': last,
    }) -%}
    {%- set plan = fromjson(run_query(
        "select journey_plan_load('" ~ request | replace("'", "''") ~ "')"
    ).rows[0][0]) -%}
    {%- if plan.mode == 'increment' and var('raw_schema') -%}
        {%- do plan.update(mode='full', why='the raw tables are in a schema') -%}
    {%- elif
        plan.mode == 'increment' and last.due_at
        and last.due_at <= run_started_at.strftime('%Y-%m-%d %H:%M:%S.%f')
    -%}
        {%- do plan.update(mode='full', why='a time that lay ahead has come') -%}
    {%- elif flags.FULL_REFRESH -%}
        {%- do plan.update(mode='full', why='it was asked for') -%}
    {%- endif -%}
    {%- do find_erased_identifiers(plan) -%}

    {%- do plan.state.update(is_complete=false, due_at=last.due_at if last else none) -%}
    {%- do write_load('plan', plan) -%}
    {%- do write_load('state', plan.state) -%}
    {%- if plan.mode == 'full' -%}
        {%- do print('Full build: ' ~ plan.why ~ '.') -%}
    {%- else -%}
        {%- set n_files = plan.new_files.values() | map('length') | sum -%}
        {%- do print('Incremental build: ' ~ n_files ~ ' new files.') -%}
    {%- endif -%}
    {%- if var('raw_schema') -%}
        {#- Looking into the catalogue has begun a transaction. -#}
        {%- do adapter.commit() -%}
    {%- endif -%}
{% endmacro %}
