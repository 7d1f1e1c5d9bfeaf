{#-
    Grain: one row per contact that an order, a refund or a sales activity is. A refund
    belongs to the customer of its order.
-#}
{{ config(materialized='view') }}
with

orders as (
    select
        'orders' as source,
        'orders:' || orders.order_id as interaction_id,
        case when orders.is_purchase then 'order_placed' else 'order_failed' end
            as event_name,
        orders.ordered_at as occurred_at,
        orders.customer_id,
        cast(null as varchar) as campaign_id,
        {{ normalised_word('orders.sales_channel') }} as channel_word,
        lower(orders.sales_channel) as place,
        cast(
            case
                when orders.is_purchase
                    then
                        orders.gross_amount
                        - orders.tax_amount
                        - orders.shipping_amount
            end as decimal(18, 4)
        ) as revenue_amount
    from {{ ref('int_orders_converted') }} as orders
),

refunds as (
    select
        'refunds' as source,
        'refunds:' || refunds.refund_id as interaction_id,
        'refund_paid' as event_name,
        refunds.refunded_at as occurred_at,
        orders.customer_id,
        cast(null as varchar) as campaign_id,
        {{ normalised_word('orders.sales_channel') }} as channel_word,
        cast(null as varchar) as place,
        case
            when orders.is_purchase
                then cast(-refunds.refunded_amount as decimal(18, 4))
        end as revenue_amount
    from {{ ref('int_refunds_converted') }} as refunds
    inner join {{ ref('int_orders_converted') }} as orders
        on refunds.order_id = orders.order_id
),

sales_activities as (
    select
        'sales_activities' as source,
        'sales_activities:' || activities.activity_id as interaction_id,
        case
            when activities.direction is null then activities.activity_type
            else activities.activity_type || '_' || activities.direction
        end as event_name,
        activities.occurred_at,
        activities.customer_id,
        cast(null as varchar) as campaign_id,
        'sales' as channel_word,
        cast(null as varchar) as place,
        cast(null as decimal(18, 4)) as revenue_amount
    from {{ ref('stg_crm__sales_activities') }} as activities
),

contacts as (
    select * from orders
    union all
    select * from refunds
    union all
    select * from sales_activities
)

select
    contacts.interaction_id,
    contacts.source,
    contacts.event_name,
    contacts.occurred_at,
    contacts.customer_id,
    cast(null as varchar) as anonymous_id,
    contacts.campaign_id,
    contacts.channel_word,
    contacts.place,
    cast(null as varchar) as product_id,
    contacts.revenue_amount,
    cast(null as decimal(18, 4)) as cost_amount
from contacts
