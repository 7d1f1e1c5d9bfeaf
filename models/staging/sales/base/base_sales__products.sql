{#- Grain: one row per raw product that belongs to nobody who was erased. -#}
{{ config(materialized='table') }}

with

typed as (
    {{ typed_rows('products') }}
),

checked as (
    select
        typed.*,
        case
            {{ contract_violations('products') }}
            when typed.unit_cost < 0 then 'negative_unit_cost'
        end as rejection_reason
    from typed
    where {{ not_erased('products') }}
),

{{ decided_rows('products') }}

select * from decided
