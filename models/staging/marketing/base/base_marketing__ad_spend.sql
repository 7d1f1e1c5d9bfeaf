{#- Grain: one row per raw campaign's day on a platform. -#}
{{ config(materialized='table') }}

with

typed as (
    {{ typed_rows('ad_spend') }}
),

first_rates as (
    select
        rates.currency,
        min(rates.rate_date) as first_rate_date
    from {{ ref('stg_sales__exchange_rates') }} as rates
    group by rates.currency
),

checked as (
    select
        typed.*,
        case
            {{ contract_violations('ad_spend') }}
            when typed.cost < 0 then 'negative_cost'
            when {{ has_no_rate(
                'typed.currency', 'typed.spend_date', 'first_rates', is_date=true
            ) }}
                then 'unknown_currency'
        end as rejection_reason
    from typed
    left join first_rates on upper(typed.currency) = first_rates.currency
    where {{ not_erased('ad_spend') }}
),

{{ decided_rows('ad_spend') }}

select * from decided
