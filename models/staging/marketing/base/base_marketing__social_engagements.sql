{#- Grain: one row per raw social engagement that belongs to nobody who was erased. -#}
{{ config(materialized='incremental', incremental_strategy='touched_keys') }}

with

typed as (
    {{ typed_rows('social_engagements') }}
),

checked as (
    select
        typed.*,
        case
            {{ contract_violations('social_engagements') }}
        end as rejection_reason
    from typed
    where {{ not_erased('social_engagements') }}
),

{{ decided_rows('social_engagements') }}

select * from decided
