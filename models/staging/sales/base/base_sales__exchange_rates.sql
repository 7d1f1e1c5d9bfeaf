{#- Grain: one row per raw currency and day that belongs to nobody who was erased. -#}
{{ config(materialized='table') }}

with

typed as (
    {{ typed_rows('exchange_rates') }}
),

checked as (
    select
        typed.*,
        case
            {{ contract_violations('exchange_rates') }}
            when typed.rate <= 0 then 'rate_not_positive'
        end as rejection_reason
    from typed
    where {{ not_erased('exchange_rates') }}
),

{{ decided_rows('exchange_rates') }}

select * from decided
