{#-
    Grain: one row per identifier of somebody who asked to be forgotten. Found at the
    start of the run (`find_erased_identifiers`) and kept in memory only: their customer
    numbers, their orders, and the devices that were only ever theirs.
-#}
{%- set named_for_the_lineage = [
    source('raw', 'erasure_requests'), source('raw', 'orders'),
    source('raw', 'web_events'), source('raw', 'ad_interactions'),
    source('raw', 'social_engagements'), source('raw', 'chat_conversations'),
    source('raw', 'experiment_exposures'),
] -%}
{{ config(materialized='ephemeral') }}

with

identifiers as (
    select
        erased.kind,
        erased.identifier
    from {{ erased_identifiers_table() }} as erased
)

select * from identifiers
