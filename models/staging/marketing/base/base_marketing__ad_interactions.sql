{#- Grain: one row per raw ad seen or clicked that belongs to nobody who was erased. -#}
{{ config(materialized='incremental', incremental_strategy='touched_keys') }}

with

typed as (
    {{ typed_rows('ad_interactions') }}
),

checked as (
    select
        typed.*,
        case
            {{ contract_violations('ad_interactions') }}
            when typed.cost < 0 then 'negative_cost'
        end as rejection_reason
    from typed
    where {{ not_erased('ad_interactions') }}
),

{{ decided_rows('ad_interactions') }}

select * from decided
