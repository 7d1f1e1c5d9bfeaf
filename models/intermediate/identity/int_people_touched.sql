{#-
    Grain: one row per person whom this load touches: with new, changed or erased rows,
    with an identifier that has come, gone or moved to somebody else, with a contact
    that something else has changed, or with a clock that fired. They are computed anew,
    whole. Empty in a full build.
-#}
{{ config(materialized='table', schema='loads') }}
{#- Outside the condition, where dbt sees them while it parses. -#}
{%- set contacts_changed = ref('int_contacts_changed') -%}
{%- set this_as_of = ref('int_as_of') -%}
{%- set is_increment = load_plan().mode == 'increment' -%}
{%- set known_interactions = mart_relation('fct_interactions') -%}
{%- set known_spells = mart_relation('int_stage_spells') -%}

with

identifiers as (
    select
        resolved.kind,
        resolved.identifier,
        resolved.customer_key
    from {{ ref('int_identifiers_resolved') }} as resolved
),

{% if is_increment -%}
identifiers_before as (
    select
        resolved.kind,
        resolved.identifier,
        resolved.customer_key
    from {{ table_before('int_identifiers_resolved') }} as resolved
),

-- What one build has and the other has not.
moved as (
    select found.customer_key
    from (
        select identifiers.*, 1 as n from identifiers
        union all
        select identifiers_before.*, -1 as n from identifiers_before
    ) as found
    group by found.kind, found.identifier, found.customer_key
    having sum(found.n) <> 0
),

with_changed_rows as (
    select found.customer_key
    from (
        select * from identifiers
        union all
        select * from identifiers_before
    ) as found
    inner join loads.changed_identifiers as changed
        on found.kind = changed.kind and found.identifier = changed.identifier
),

-- The clock goes on; and back, if the latest contact of all was erased.
clocks as (
    select spells.customer_key
    from {{ known_spells }} as spells
    cross join {{ this_as_of }} as as_of
    where
        (spells.exited_at is null and spells.due_at <= as_of.as_of_at)
        or spells.entered_at > as_of.as_of_at
    union all
    select known.customer_key
    from {{ known_interactions }} as known
    cross join {{ this_as_of }} as as_of
    where known.occurred_at > as_of.as_of_at
),

touched as (
    select moved.customer_key from moved
    union
    select with_changed_rows.customer_key from with_changed_rows
    union
    select changed.customer_key from {{ contacts_changed }} as changed
    union
    select clocks.customer_key from clocks
)
{%- else -%}
touched as (
    select identifiers.customer_key
    from identifiers
    where 1 = 0
)
{%- endif %}

select touched.customer_key from touched
