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
