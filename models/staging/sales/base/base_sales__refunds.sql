{#- Grain: one row per raw refund that belongs to nobody who was erased. -#}
{{ config(materialized='table') }}

with

typed as (
    {{ typed_rows('refunds') }}
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
            {{ contract_violations('refunds') }}
            when typed.amount < 0 then 'negative_amount'
            when orders.order_id is null then 'unknown_order'
            when {{ has_no_rate(
                'coalesce(typed.currency, orders.currency)',
                'typed.refunded_at', 'first_rates'
            ) }}
                then 'unknown_currency'
        end as rejection_reason
    from typed
    left join {{ ref('stg_sales__orders') }} as orders
        on typed.order_id = orders.order_id
    left join first_rates
        on upper(coalesce(typed.currency, orders.currency)) = first_rates.currency
    where {{ not_erased('refunds') }}
),

{{ decided_rows('refunds') }}

select * from decided
