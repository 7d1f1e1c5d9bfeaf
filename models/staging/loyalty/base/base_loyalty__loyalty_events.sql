{#- Grain: one row per raw loyalty event that belongs to nobody who was erased. -#}
{{ config(materialized='incremental', incremental_strategy='touched_keys') }}

with

typed as (
    {{ typed_rows('loyalty_events') }}
),

checked as (
    select
        typed.*,
        case
            {{ contract_violations('loyalty_events') }}
        end as rejection_reason
    from typed
    where {{ not_erased('loyalty_events') }}
),

{{ decided_rows('loyalty_events') }}

select * from decided
