{#- Grain: one row per raw sales activity that belongs to nobody who was erased. -#}
{{ config(materialized='incremental', incremental_strategy='touched_keys') }}

with

typed as (
    {{ typed_rows('sales_activities') }}
),

checked as (
    select
        typed.*,
        case
            {{ contract_violations('sales_activities') }}
        end as rejection_reason
    from typed
    where {{ not_erased('sales_activities') }}
),

{{ decided_rows('sales_activities') }}

select * from decided
