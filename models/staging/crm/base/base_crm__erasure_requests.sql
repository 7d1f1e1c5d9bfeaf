{#- Grain: one row per raw erasure request that belongs to nobody who was erased. -#}
{{ config(materialized='table') }}

with

typed as (
    {{ typed_rows('erasure_requests') }}
),

checked as (
    select
        typed.*,
        case
            {{ contract_violations('erasure_requests') }}
        end as rejection_reason
    from typed
    where {{ not_erased('erasure_requests') }}
),

{{ decided_rows('erasure_requests') }}

select * from decided
