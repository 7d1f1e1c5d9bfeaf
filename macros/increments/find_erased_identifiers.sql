{#-
    Finds what identifies the people who asked to be forgotten, once per run: their
    customer numbers, their orders, and the devices that were only ever theirs. The
    list lives in a database in memory, the vault, so that no file keeps it.

    A device or an order that new files give to somebody else is no longer only theirs:
    it is released, and the rows that were left out before come back (`typed_rows`).
-#}
{% macro find_erased_identifiers(plan) %}
    {{ return(adapter.dispatch('find_erased_identifiers', 'journey_clv')(plan)) }}
{% endmacro %}

{% macro duckdb__find_erased_identifiers(plan) %}
    {%- set erased = erased_identifiers_table() -%}
    {%- set released = released_identifiers_table() -%}
    {%- do run_query("attach if not exists ':memory:' as vault") -%}
    {%- do run_query(
        'create or replace table ' ~ erased ~ ' as ' ~ erased_identifiers_query(plan)
    ) -%}
    {%- do run_query(
        'create or replace table ' ~ released ~ ' as select kind, identifier from '
        ~ erased ~ ' where is_released'
    ) -%}
    {%- do run_query('delete from ' ~ erased ~ ' where is_released') -%}
    {%- set kinds = run_query('select distinct kind from ' ~ released) -%}
    {%- do plan.update(released_kinds=kinds.columns[0].values() | list) -%}
{% endmacro %}

{% macro released_identifiers_table() %}
    {{ return(erased_identifiers_table() | replace('erased', 'released')) }}
{% endmacro %}

{% macro erased_identifiers_table() %}
    {#- With `raw_schema` the run start reads the catalogue in a transaction, and one
        transaction writes to one database: the list is in `loads` until the build ends. -#}
    {{ return('loads.erased_identifiers' if var('raw_schema')
        else 'vault.main.erased_identifiers') }}
{% endmacro %}

{#-
    Identifiers of each kind, judged by the distinct customer numbers that raw rows name
    them with: only theirs if all of those asked to be forgotten, and released if that
    was so for what the last build knew and is no longer.
-#}
{% macro erased_identifiers_query(plan) %}
with requested as (
    select
        requests.customer_id,
        max(requests.is_known_file) as is_known
    from ({{ typed_identifiers('erasure_requests', plan) }}) as requests
    where requests.customer_id is not null
    group by requests.customer_id
),

{% for kind in ['anonymous_id', 'order_id'] -%}
{%- set tables = [] -%}
{%- for table in raw_tables()
    if (kind, kind) in erasable_columns(table.name)
    and ('customer_id', 'customer_id') in erasable_columns(table.name)
    and (kind == 'anonymous_id' or table.name == 'orders')
-%}
    {%- do tables.append(table.name) -%}
{%- endfor -%}
{{ kind }}_named as (
    {%- for table in tables %}
    {{ 'union' if not loop.first }}
    select typed.{{ kind }} as identifier
    from ({{ typed_identifiers(table, plan) }}) as typed
    where typed.customer_id in (select requested.customer_id from requested)
    {%- endfor %}
),

{{ kind }}_pairs as (
    {%- for table in tables %}
    {{ 'union all' if not loop.first }}
    select
        typed.{{ kind }} as identifier,
        typed.customer_id,
        max(typed.is_known_file) as is_known
    from ({{ typed_identifiers(table, plan) }}) as typed
    where
        typed.{{ kind }} in (select named.identifier from {{ kind }}_named as named)
        and typed.customer_id is not null
    group by typed.{{ kind }}, typed.customer_id
    {%- endfor %}
),

{{ kind }}_counts as (
    select
        pairs.identifier,
        count(case when requested.customer_id is null then 1 end) as n_others,
        count(
            case when pairs.is_known = 1 and requested.is_known = 1 then 1 end
        ) as n_erased_before,
        count(
            case
                when pairs.is_known = 1 and coalesce(requested.is_known, 0) = 0 then 1
            end
        ) as n_kept_before
    from {{ kind }}_pairs as pairs
    left join requested on pairs.customer_id = requested.customer_id
    group by pairs.identifier
    having count(requested.customer_id) > 0
),

{% endfor -%}
identifiers as (
    select
        'customer_id' as kind,
        requested.customer_id as identifier,
        false as is_released
    from requested
    {% for kind in ['anonymous_id', 'order_id'] -%}
    union all
    select
        '{{ kind }}' as kind,
        counts.identifier,
        counts.n_others > 0 as is_released
    from {{ kind }}_counts as counts
    where
        counts.n_others = 0
        or (counts.n_erased_before > 0 and counts.n_kept_before = 0)
    {% endfor %}
)

select * from identifiers
{% endmacro %}
