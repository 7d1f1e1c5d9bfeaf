{#- Grain: one row per identifier of a person whom this load touches. -#}
{{ config(materialized='table', schema='loads') }}

with

touched as (
    select
        resolved.kind,
        resolved.identifier
    from {{ ref('int_identifiers_resolved') }} as resolved
    where
        resolved.customer_key in (
            select people.customer_key from {{ ref('int_people_touched') }} as people
        )
)

select * from touched
