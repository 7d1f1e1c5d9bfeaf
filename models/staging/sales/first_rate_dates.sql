{#-
    Grain: one row per currency. From which day on amounts in it can be converted.
-#}
with

first_rates as (
    select
        rates.currency,
        min(rates.rate_date) as first_rate_date
    from {{ ref('stg_sales__exchange_rates') }} as rates
    where rates.currency <> '{{ var('reporting_currency') }}'
    group by rates.currency
    union all
    select
        '{{ var('reporting_currency') }}' as currency,
        date '0001-01-01' as first_rate_date
)

select * from first_rates
