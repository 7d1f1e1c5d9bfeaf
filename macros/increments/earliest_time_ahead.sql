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
            {%- set only =
                none if plan.mode == 'full' else plan.new_files.get(table.name, [])
            -%}
            {%- set raw = inspect_raw(table.name, only) -%}
            {%- if raw.reader and contract.event_time -%}
                {#- A row comes in when the last of its times has come. -#}
                {%- set own_times = [] -%}
                {%- for column in contract.columns
                    if column.name in (contract.event_time, 'received_at')
                -%}
                    {%- set own_time = 'cast(' ~ column.name ~ ' as timestamp)' -%}
                    {%- do own_times.append(
                        to_utc(own_time, var('reporting_timezone'))
                        if column.data_type == 'date' else own_time
                    ) -%}
                {%- endfor -%}
                {%- do times.append(
                    'select min(greatest(' ~ own_times | join(', ') ~ ')) as ahead_at from '
                    ~ base_relation(table)
                    ~ " where rejection_reason = 'future_time'"
                ) -%}
                {%- for column in contract.columns
                    if column.data_type == 'timestamp'
                    and column.name not in (contract.event_time, 'received_at')
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
