{#- Grain: one row per raw order of a person who was not erased. -#}
{{ config(
    materialized='table',
    pre_hook="{{ keep_before(this) }}",
    post_hook={'sql': "{{ note_changes(this) }}", 'transaction': false},
) }}

with

typed as (
    {{ typed_rows('orders') }}
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
            when
                rates.first_rate_date is null
                or {{ reporting_date('typed.ordered_at') }} < rates.first_rate_date
                then 'unknown_currency'
        end as rejection_reason
    from typed
    left join {{ ref('first_rate_dates') }} as rates
        on
            coalesce(typed.currency, '{{ var('reporting_currency') }}')
            = rates.currency
    where {{ not_erased('orders') }}
),

{{ decided_rows('orders') }}

select * from decided
