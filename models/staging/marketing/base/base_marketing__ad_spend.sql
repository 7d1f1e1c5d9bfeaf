{#- Grain: one row per raw campaign's day on a platform. -#}
{{ config(materialized='table') }}

with

typed as (
    {{ typed_rows('ad_spend') }}
),

checked as (
    select
        typed.*,
        case
            {{ contract_violations('ad_spend') }}
            when typed.cost < 0 then 'negative_cost'
            when
                rates.first_rate_date is null
                or typed.spend_date < rates.first_rate_date
                then 'unknown_currency'
        end as rejection_reason
    from typed
    left join {{ ref('first_rate_dates') }} as rates
        on
            coalesce(typed.currency, '{{ var('reporting_currency') }}')
            = rates.currency
    where {{ not_erased('ad_spend') }}
),

{{ decided_rows('ad_spend') }}

select * from decided
