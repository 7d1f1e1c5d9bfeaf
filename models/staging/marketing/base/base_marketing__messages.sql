{#- Grain: one row per raw message event that belongs to nobody who was erased. -#}
{{ config(materialized='incremental', incremental_strategy='touched_keys') }}

with

typed as (
    {{ typed_rows('messages') }}
),

checked as (
    select
        typed.*,
        case
            {{ contract_violations('messages') }}
        end as rejection_reason
    from typed
    where {{ not_erased('messages') }}
),

{{ decided_rows('messages') }}

select * from decided
