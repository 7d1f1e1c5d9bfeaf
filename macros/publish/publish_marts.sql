{#-
    Ends a build. If all of it was built and no error-severity test failed, the marts
    are copied into a new file, which takes the place of the published one in one
    step; else the last good file stays, and the screen says so.
-#}
{% macro publish_marts(results) %}
    {%- if execute and flags.WHICH == 'build' -%}
        {{ return(adapter.dispatch('publish_marts', 'journey_clv')(results)) }}
    {%- endif -%}
{% endmacro %}

{#- On a warehouse the schema `marts` is what BI reads. -#}
{% macro default__publish_marts(results) %}{% endmacro %}

{% macro duckdb__publish_marts(results) %}
    {%- set published = published_path() -%}
    {%- set marts = mart_nodes() -%}
    {%- set failed = [] -%}
    {%- set built = [] -%}
    {%- for result in results -%}
        {%- if result.status in ('error', 'fail', 'runtime error') -%}
            {%- do failed.append(result.node.name) -%}
        {%- elif result.status in ('success', 'pass', 'warn') -%}
            {%- do built.append(result.node.unique_id) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set due = marts | map(attribute='unique_id') | list -%}
    {%- for node in graph.nodes.values() if node.resource_type == 'test' -%}
        {%- do due.append(node.unique_id) -%}
    {%- endfor -%}
    {%- set missing = due | reject('in', built) | list -%}

    {%- if failed -%}
        {%- do print(
            '\nNOT PUBLISHED: ' ~ failed | length ~ ' of the steps above failed, first '
            ~ failed[0] ~ '. ' ~ published ~ ' is as the last good build left it.\n'
        ) -%}
    {%- elif missing or flags.EMPTY -%}
        {%- do print(
            '\nNot published: this run left out some of the marts, of their tests or '
            ~ 'of the rows. ' ~ published ~ ' is as the last whole build left it.\n'
        ) -%}
    {%- else -%}
        {%- do copy_marts(marts, published) -%}
        {%- do print_summary(marts, published) -%}
        {%- for result in results if result.status == 'warn' -%}
            {%- do print(
                'Warning: ' ~ result.node.name ~ ' found ' ~ result.failures
                ~ '. Expected: ' ~ result.node.description
            ) -%}
        {%- endfor -%}
    {%- endif -%}
{% endmacro %}

{% macro published_path() %}
    {{ return(env_var('JOURNEY_OUT', 'data') ~ '/marts.duckdb') }}
{% endmacro %}

{% macro mart_nodes() %}
    {%- set marts = [] -%}
    {%- for node in graph.nodes.values() | sort(attribute='name') -%}
        {%- if node.resource_type == 'model' and node.fqn[1] == 'marts' -%}
            {%- do marts.append(node) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(marts) }}
{% endmacro %}

{#- By the graph: a hook may not call ref() where dbt cannot see it while it parses. -#}
{% macro mart_relation(name) %}
    {%- if execute -%}
        {{ return(graph.nodes['model.journey_clv.' ~ name].relation_name) }}
    {%- endif -%}
{% endmacro %}

{#- Storage version 1.4 of the file is what clients of DuckDB 1.4 and later open. -#}
{% macro copy_marts(marts, published) %}
    {%- set new_file = published ~ '.new' -%}
    {%- do run_query("select journey_discard('" ~ new_file | replace("'", "''") ~ "')") -%}
    {%- do run_query(
        "attach '" ~ new_file | replace("'", "''")
        ~ "' as published (storage_version 'v1.4.0')"
    ) -%}
    {%- for mart in marts -%}
        {%- do run_query(
            'create table published.main.' ~ mart.name ~ ' as select * from '
            ~ mart.relation_name
        ) -%}
        {%- for column in mart.columns.values() -%}
            {%- do run_query(
                'comment on column published.main.' ~ mart.name ~ '.' ~ column.name
                ~ " is '" ~ column.description | replace("'", "''") ~ "'"
            ) -%}
        {%- endfor -%}
        {%- do run_query(
            'comment on table published.main.' ~ mart.name ~ " is '"
            ~ mart.description | replace("'", "''") ~ "'"
        ) -%}
    {%- endfor -%}
    {%- do run_query('detach published') -%}
    {%- do run_query(
        "select journey_publish('" ~ new_file | replace("'", "''") ~ "', '"
        ~ published | replace("'", "''") ~ "')"
    ) -%}
{% endmacro %}

{#- What was built, how large it is, what was turned away and why, and where it is. -#}
{% macro print_summary(marts, published) %}
    {%- do print('\nPublished to ' ~ published ~ ':\n') -%}
    {%- for mart in marts -%}
        {%- set n_rows = run_query('select count(*) from ' ~ mart.relation_name) -%}
        {%- do print(
            '  ' ~ '{:<24}'.format(mart.name)
            ~ '{:>12,}'.format(n_rows.rows[0][0] | int) ~ ' rows'
        ) -%}
    {%- endfor -%}

    {%- set counts = run_query(
        'select table_name, n_raw, n_accepted, n_duplicate, n_quarantined, n_erased '
        ~ 'from ' ~ mart_relation('row_reconciliation') ~ ' where n_raw > 0 order by n_raw desc'
    ) -%}
    {%- do print('\nWhat became of the raw rows:\n') -%}
    {%- do print(
        '  {:<24}{:>12}{:>12}{:>11}{:>13}{:>8}'.format(
            '', 'raw', 'accepted', 'duplicate', 'quarantined', 'erased'
        )
    ) -%}
    {%- for row in counts.rows -%}
        {%- do print('  {:<24}{:>12,}{:>12,}{:>11,}{:>13,}{:>8,}'.format(
            row[0], row[1] | int, row[2] | int, row[3] | int, row[4] | int, row[5] | int
        )) -%}
    {%- endfor -%}

    {%- set reasons = run_query(
        'select table_name, rejection_reason, count(*) as n_rows from '
        ~ mart_relation('quarantined_rows') ~ ' group by table_name, rejection_reason '
        ~ 'order by n_rows desc, table_name, rejection_reason limit 10'
    ) -%}
    {%- if reasons.rows | length -%}
        {%- do print('\nQuarantined, most first (all of it is in quarantined_rows):\n') -%}
        {%- for row in reasons.rows -%}
            {%- do print('  {:<24}{:>12,}  {}'.format(row[0], row[2] | int, row[1])) -%}
        {%- endfor -%}
    {%- endif -%}

    {%- set scored = run_query(
        'select purchase_model, spend_model, count(*) from ' ~ mart_relation('clv_customers')
        ~ ' group by purchase_model, spend_model'
    ) -%}
    {%- for row in scored.rows -%}
        {%- do print(
            '\n{:,} customers valued by {} and {}.\n'.format(
                row[2] | int, row[0], row[1]
            )
        ) -%}
    {%- endfor -%}
{% endmacro %}
