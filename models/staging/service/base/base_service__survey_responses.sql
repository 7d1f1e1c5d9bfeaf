{#- Grain: one row per raw survey answer that belongs to nobody who was erased. -#}
{{ config(materialized='incremental', incremental_strategy='touched_keys') }}

with

typed as (
    {{ typed_rows('survey_responses') }}
),

checked as (
    select
        typed.*,
        case
            {{ contract_violations('survey_responses') }}
        end as rejection_reason
    from typed
    where {{ not_erased('survey_responses') }}
),

{{ decided_rows('survey_responses') }}

select * from decided
