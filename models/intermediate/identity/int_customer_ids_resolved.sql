{#- Grain: one row per customer number of any source. Which person it is. -#}
{{ config(materialized='view') }}

with

resolved as (
    select
        identifiers.identifier as customer_id,
        identifiers.customer_key
    from {{ ref('int_identifiers_resolved') }} as identifiers
    where identifiers.kind = 'customer_id'
)

select * from resolved
