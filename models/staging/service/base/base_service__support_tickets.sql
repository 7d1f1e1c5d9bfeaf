{#- Grain: one row per raw ticket that belongs to nobody who was erased. -#}
{{ config(materialized='incremental', incremental_strategy='touched_keys') }}

with

typed as (
    {{ typed_rows('support_tickets') }}
),

checked as (
    select
        typed.*,
        case
            {{ contract_violations('support_tickets') }}
        end as rejection_reason
    from typed
    where {{ not_erased('support_tickets') }}
),

{{ decided_rows('support_tickets') }}

select * from decided
