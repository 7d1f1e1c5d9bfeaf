{#- Grain: one row per raw CRM contact that belongs to nobody who was erased. -#}
{{ config(materialized='incremental', incremental_strategy='touched_keys') }}

with

typed as (
    {{ typed_rows('customers') }}
),

checked as (
    select
        typed.*,
        case
            {{ contract_violations('customers') }}
        end as rejection_reason
    from typed
    where {{ not_erased('customers') }}
),

{{ decided_rows('customers') }}

select * from decided
