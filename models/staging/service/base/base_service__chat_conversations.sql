{#- Grain: one row per raw chat that belongs to nobody who was erased. -#}
{{ config(materialized='incremental', incremental_strategy='touched_keys') }}

with

typed as (
    {{ typed_rows('chat_conversations') }}
),

checked as (
    select
        typed.*,
        case
            {{ contract_violations('chat_conversations') }}
        end as rejection_reason
    from typed
    where {{ not_erased('chat_conversations') }}
),

{{ decided_rows('chat_conversations') }}

select * from decided
