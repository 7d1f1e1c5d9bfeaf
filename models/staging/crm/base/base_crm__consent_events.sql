{#- Grain: one row per raw consent given or withdrawn of nobody erased. -#}
{{ config(materialized='incremental', incremental_strategy='touched_keys') }}

with

typed as (
    {{ typed_rows('consent_events') }}
),

checked as (
    select
        typed.*,
        case
            {{ contract_violations('consent_events') }}
        end as rejection_reason
    from typed
    where {{ not_erased('consent_events') }}
),

{{ decided_rows('consent_events') }}

select * from decided
