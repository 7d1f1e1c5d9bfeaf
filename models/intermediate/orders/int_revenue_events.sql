{#-
    Grain: one row per purchase, per refund of one, and per contact of a customer with
    service that is known to have cost something, each dated when it happened. Summed to
    any day it is the net revenue and the margin known by then.
-#}
with

units as (
    select
        order_lines.order_id,
        sum(order_lines.quantity) as n_units
    from {{ ref('stg_sales__order_lines') }} as order_lines
    group by order_lines.order_id
),

orders as (
    select
        converted.order_id,
        resolved.customer_key,
        converted.ordered_at,
        converted.order_date,
        cast(coalesce(units.n_units, 0) as decimal(18, 4)) as n_units,
        converted.gross_amount,
        converted.discount_amount,
        cast(
            converted.gross_amount - converted.tax_amount - converted.shipping_amount
            as decimal(18, 4)
        ) as net_revenue_amount,
        coalesce(margins.cost_amount, 0) as cost_amount,
        coalesce(margins.uncosted_share, 1) as uncosted_share
    from {{ ref('int_orders_converted') }} as converted
    inner join {{ ref('int_customer_ids_resolved') }} as resolved
        on converted.customer_id = resolved.customer_id
    left join {{ ref('int_order_margins') }} as margins
        on converted.order_id = margins.order_id
    left join units on converted.order_id = units.order_id
    where converted.is_purchase
),

-- Costs where they are known; the rest of the order at the gross margin rate.
margins as (
    select
        orders.*,
        cast(
            orders.net_revenue_amount * (
                1 - orders.uncosted_share
                + orders.uncosted_share * {{ var('gross_margin_rate') }}
            ) - orders.cost_amount as decimal(18, 4)
        ) as margin_amount
    from orders
),

purchases as (
    select
        margins.*,
        coalesce(
            cast(margins.margin_amount as double)
            / nullif(cast(margins.net_revenue_amount as double), 0),
            {{ var('gross_margin_rate') }}
        ) as margin_rate
    from margins
),

-- What service cost before the first purchase is a cost of winning the customer.
service_contacts as (
    select contacts.*
    from {{ ref('fct_interactions') }} as contacts
    where
        contacts.source in ('support_tickets', 'chat_conversations')
        and contacts.cost_amount > 0
        and exists (
            select 1
            from purchases
            where
                purchases.customer_key = contacts.customer_key
                and purchases.ordered_at <= contacts.occurred_at
        )
),

events as (
    select
        purchases.order_id as event_id,
        purchases.order_id,
        purchases.customer_key,
        'order' as event_type,
        purchases.n_units,
        cast(purchases.gross_amount as decimal(18, 4)) as gross_amount,
        cast(purchases.discount_amount as decimal(18, 4)) as discount_amount,
        purchases.net_revenue_amount,
        purchases.margin_amount,
        purchases.ordered_at as occurred_at,
        purchases.order_date as event_date,
        purchases.order_date as purchase_date
    from purchases
    union all
    select
        refunds.refund_id as event_id,
        refunds.order_id,
        purchases.customer_key,
        'refund' as event_type,
        0 as n_units,
        0 as gross_amount,
        0 as discount_amount,
        cast(-refunds.refunded_amount as decimal(18, 4)) as net_revenue_amount,
        cast(-refunds.refunded_amount * purchases.margin_rate as decimal(18, 4))
            as margin_amount,
        refunds.refunded_at as occurred_at,
        refunds.refund_date as event_date,
        purchases.order_date as purchase_date
    from {{ ref('int_refunds_converted') }} as refunds
    inner join purchases on refunds.order_id = purchases.order_id
    union all
    select
        contacts.interaction_id as event_id,
        cast(null as varchar) as order_id,
        contacts.customer_key,
        'service' as event_type,
        0 as n_units,
        0 as gross_amount,
        0 as discount_amount,
        cast(0 as decimal(18, 4)) as net_revenue_amount,
        cast(-contacts.cost_amount as decimal(18, 4)) as margin_amount,
        contacts.occurred_at,
        {{ reporting_date('contacts.occurred_at') }} as event_date,
        cast(null as date) as purchase_date
    from service_contacts as contacts
)

select * from events
