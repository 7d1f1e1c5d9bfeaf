{#- Grain: one row per raw unit put in a variant of nobody erased. -#}
{{ config(materialized='incremental', incremental_strategy='touched_keys') }}

with

typed as (
    {{ typed_rows('experiment_exposures') }}
),

checked as (
    select
        typed.*,
        case
            {{ contract_violations('experiment_exposures') }}
            when coalesce(typed.customer_id, typed.anonymous_id) is null
                then 'missing_unit'
        end as rejection_reason
    from typed
    where {{ not_erased('experiment_exposures') }}
),

{{ decided_rows('experiment_exposures') }}

select * from decided
