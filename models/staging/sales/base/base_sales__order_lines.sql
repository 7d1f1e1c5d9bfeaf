{#- Grain: one row per raw order line that belongs to nobody who was erased. -#}
{{ config(materialized='table') }}

with

typed as (
    {{ typed_rows('order_lines') }}
),

checked as (
    select
        typed.*,
        case
            {{ contract_violations('order_lines') }}
            when typed.quantity < 0 then 'negative_quantity'
            when typed.unit_price < 0 then 'negative_unit_price'
            when typed.unit_cost < 0 then 'negative_unit_cost'
            when typed.discount_amount < 0 then 'negative_discount_amount'
            when orders.order_id is null then 'unknown_order'
        end as rejection_reason
    from typed
    left join {{ ref('stg_sales__orders') }} as orders
        on typed.order_id = orders.order_id
    where {{ not_erased('order_lines') }}
),

{{ decided_rows('order_lines') }}

select * from decided
