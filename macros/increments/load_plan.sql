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
            'vars': invocation_args_dict.get('vars', {}),
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

{#- Removes what only the models of one load have to know. -#}
{% macro clear_load() %}
    {%- set tables = run_query(
        "select table_name from duckdb_tables() where schema_name = 'loads' "
        ~ "and (table_name in ('changed_identifiers', 'erased_identifiers') or table_name like '%\\_before' escape '\\')"
    ) -%}
    {%- for table in tables.rows -%}
        {%- do run_query('drop table loads.' ~ table[0]) -%}
    {%- endfor -%}
{% endmacro %}

{#- Keeps one object as JSON, in the place of the last one. -#}
{% macro write_load(table, value) %}
    {%- do run_query(
        'create or replace table loads.' ~ table ~ " as select cast('"
        ~ tojson(value) | replace("'", "''") ~ "' as varchar) as " ~ table
    ) -%}
{% endmacro %}

{#- The plan of this load; a full build where none was made. -#}
{% macro load_plan() %}
    {%- if execute and target.type == 'duckdb' and not var('raw_schema') -%}
        {%- set found = run_query(
            "select count(*) from duckdb_tables() where schema_name = 'loads' "
            ~ "and table_name = 'plan'"
        ) -%}
        {%- if found.rows[0][0] -%}
            {%- set plan = run_query('select plan from loads.plan').rows -%}
            {%- if plan | length -%}
                {{ return(fromjson(plan[0][0])) }}
            {%- endif -%}
        {%- endif -%}
    {%- endif -%}
    {{ return({'mode': 'full', 'why': '', 'new_files': {}, 'state': {}}) }}
{% endmacro %}

{#- The files of a table that the last build did not read. -#}
{% macro new_files(table_name) %}
    {{ return(load_plan().new_files.get(table_name, [])) }}
{% endmacro %}

{#-
    Ends a load: if every model was built, the next build may go on from here. A part
    of a project that was built alone leaves the next build a full one, unless there
    was nothing to load.
-#}
{% macro end_load(results) %}
    {%- if execute and flags.WHICH in ('run', 'build') and target.type == 'duckdb' -%}
        {%- set built = [] -%}
        {%- set failed = [] -%}
        {%- for result in results -%}
            {%- if result.status == 'success' -%}
                {%- do built.append(result.node.unique_id) -%}
            {%- elif result.status in ('error', 'fail', 'runtime error') -%}
                {%- do failed.append(result.node.unique_id) -%}
            {%- endif -%}
        {%- endfor -%}
        {%- set missing = [] -%}
        {%- for node in graph.nodes.values() -%}
            {%- if
                node.resource_type == 'model' and node.unique_id not in built
                and node.config.materialized != 'ephemeral'
            -%}
                {%- do missing.append(node.unique_id) -%}
            {%- endif -%}
        {%- endfor -%}
        {%- do clear_load() -%}
        {%- set plan = load_plan() -%}
        {%- set is_idle = plan.mode == 'increment' and not plan.new_files -%}
        {%- if not failed and not flags.EMPTY and (not missing or is_idle) -%}
            {%- do plan.state.update(is_complete=true) -%}
            {%- if not missing -%}
                {%- do plan.state.update(due_at=earliest_time_ahead(plan)) -%}
            {%- endif -%}
            {%- do write_load('state', plan.state) -%}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}

{#- By the graph, as in `mart_relation`. -#}
{% macro base_relation(table) %}
    {{ return(mart_relation('base_' ~ table.domain ~ '__' ~ table.name)) }}
{% endmacro %}

{#-
    The earliest time in the raw rows that this build could not know of yet, as text,
    null if there is none: when it has come, those rows have to be read again.
-#}
{% macro earliest_time_ahead(plan) %}
    {%- set times = [] -%}
    {%- if not var('as_of') -%}
        {%- for table in raw_tables() -%}
            {%- set contract = raw_contract(table.name) -%}
            {%- set only = none if plan.mode == 'full' else new_files(table.name) -%}
            {%- set raw = inspect_raw(table.name, only) -%}
            {%- if raw.reader and contract.event_time -%}
                {%- do times.append(
                    'select min(' ~ contract.event_time ~ ') as ahead_at from '
                    ~ base_relation(table)
                    ~ " where rejection_reason = 'future_time'"
                ) -%}
                {%- for column in contract.columns
                    if column.data_type == 'timestamp' and column.name != contract.event_time
                -%}
                    {%- for present in raw.columns if present.name == column.name -%}
                        {%- set value = parse_value(
                            'raw.' ~ adapter.quote(present.raw_name),
                            present.raw_type, column
                        ) -%}
                        {%- do times.append(
                            'select min(' ~ value ~ ') as ahead_at from ' ~ raw.reader
                            ~ ' as raw where ' ~ is_after_as_of(value, column.data_type)
                        ) -%}
                    {%- endfor -%}
                {%- endfor -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
    {%- if plan.mode == 'increment' and plan.state.due_at -%}
        {%- do times.append("select timestamp '" ~ plan.state.due_at ~ "' as ahead_at") -%}
    {%- endif -%}
    {%- if not times -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set answer = run_query(
        "select strftime(min(ahead_at), '%Y-%m-%d %H:%M:%S.%f') from ("
        ~ times | join(' union all ') ~ ')'
    ) -%}
    {{ return(answer.rows[0][0]) }}
{% endmacro %}
