{#- Grain: one row per raw experiment that belongs to nobody who was erased. -#}
{{ config(materialized='table') }}

with

typed as (
    {{ typed_rows('experiments') }}
),

checked as (
    select
        typed.*,
        case
            {{ contract_violations('experiments') }}
        end as rejection_reason
    from typed
    where {{ not_erased('experiments') }}
),

{{ decided_rows('experiments') }}

select * from decided
