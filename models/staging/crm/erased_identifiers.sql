{#-
    Grain: one row per identifier of somebody who asked to be forgotten. Found at the
    start of the run (`find_erased_identifiers`) and kept in memory only: their customer
    numbers, their orders, and the devices that were only ever theirs.
-#}
{{ config(materialized='ephemeral') }}

{%- for table in [
    'erasure_requests', 'orders', 'web_events', 'ad_interactions',
    'social_engagements', 'chat_conversations', 'experiment_exposures',
] -%}
    {%- set named_for_the_lineage = source('raw', table) -%}
{%- endfor %}

with

identifiers as (
    select
        erased.kind,
        erased.identifier
    from {{ erased_identifiers_table() }} as erased
)

select * from identifiers
