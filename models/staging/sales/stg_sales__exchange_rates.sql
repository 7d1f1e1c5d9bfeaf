{#- Grain: one row per currency and day, accepted. -#}
with

raw_exchange_rates as (
    select * from {{ ref('base_sales__exchange_rates') }}
),

accepted as (
    select
        raw_exchange_rates.rate_date,
        raw_exchange_rates.currency,
        raw_exchange_rates.rate
    from raw_exchange_rates
    where raw_exchange_rates.row_status = 'accepted'
)

select * from accepted
