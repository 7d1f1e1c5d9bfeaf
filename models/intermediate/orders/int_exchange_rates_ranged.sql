{#-
    Grain: one row per currency and span of days with one rate. A day without a rate
    (a weekend) has the last one before it; the reporting currency has 1 for ever.
-#}
with

rates as (
    select
        raw_rates.currency,
        raw_rates.rate_date,
        raw_rates.rate
    from {{ ref('stg_sales__exchange_rates') }} as raw_rates
    where raw_rates.currency <> '{{ var('reporting_currency') }}'
),

ranged as (
    select
        rates.currency,
        rates.rate_date as valid_from_date,
        lead(rates.rate_date, 1, date '9999-12-31') over (
            partition by rates.currency
            order by rates.rate_date
        ) as valid_before_date,
        rates.rate
    from rates
    union all
    select
        '{{ var('reporting_currency') }}' as currency,
        date '0001-01-01' as valid_from_date,
        date '9999-12-31' as valid_before_date,
        cast(1 as decimal(18, 8)) as rate
)

select * from ranged
