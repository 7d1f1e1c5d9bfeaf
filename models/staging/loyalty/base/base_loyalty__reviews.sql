{#- Grain: one row per raw review that belongs to nobody who was erased. -#}
{{ config(materialized='incremental', incremental_strategy='touched_keys') }}

with

typed as (
    {{ typed_rows('reviews') }}
),

checked as (
    select
        typed.*,
        case
            {{ contract_violations('reviews') }}
            when typed.rating not between 1 and 5 then 'rating_out_of_range'
        end as rejection_reason
    from typed
    where {{ not_erased('reviews') }}
),

{{ decided_rows('reviews') }}

select * from decided
