{#- Grain: one row per raw order of a person who was not erased. -#}
{{ config(materialized='table') }}

with

typed as (
    {{ typed_rows('orders') }}
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
            {{ contract_violations('orders') }}
            when typed.amount < 0 then 'negative_amount'
            when typed.tax_amount < 0 then 'negative_tax_amount'
            when typed.shipping_amount < 0 then 'negative_shipping_amount'
            when typed.discount_amount < 0 then 'negative_discount_amount'
            when {{ has_no_rate('typed.currency', 'typed.ordered_at', 'first_rates') }}
                then 'unknown_currency'
        end as rejection_reason
    from typed
    left join first_rates on upper(typed.currency) = first_rates.currency
    where {{ not_erased('orders') }}
),

{{ decided_rows('orders') }}

select * from decided
