{#- Grain: one row per raw refund that belongs to nobody who was erased. -#}
{{ config(materialized='table') }}

with

typed as (
    {{ typed_rows('refunds') }}
),

checked as (
    select
        typed.*,
        case
            {{ contract_violations('refunds') }}
            when typed.amount < 0 then 'negative_amount'
            when orders.order_id is null then 'unknown_order'
            when
                {{ reporting_date('typed.refunded_at') }}
                < {{ reporting_date('orders.ordered_at') }}
                then 'refund_before_order'
            when
                rates.first_rate_date is null
                or {{ reporting_date('typed.refunded_at') }} < rates.first_rate_date
                then 'unknown_currency'
        end as rejection_reason
    from typed
    left join {{ ref('stg_sales__orders') }} as orders
        on typed.order_id = orders.order_id
    left join {{ ref('first_rate_dates') }} as rates
        on
            coalesce(
                typed.currency, orders.currency, '{{ var('reporting_currency') }}'
            ) = rates.currency
    where {{ not_erased('refunds') }}
),

{{ decided_rows('refunds') }}

select * from decided
