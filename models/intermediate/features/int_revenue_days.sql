{#-
    Grain: one row per customer, day of a purchase, and day on which an order or a
    refund of it came to be known. Summed to any day it is what was known then.
-#}
with

purchase_days as (
    select
        events.order_id,
        events.event_date as purchase_date
    from {{ ref('int_revenue_events') }} as events
    where events.event_type = 'order'
),

-- A refund that is dated before its order is known with the order.
revenue_days as (
    select
        events.customer_key,
        purchase_days.purchase_date,
        greatest(events.event_date, purchase_days.purchase_date) as known_date,
        count(case when events.event_type = 'order' then 1 end) as n_orders,
        cast(sum(events.net_revenue_amount) as decimal(18, 4)) as net_revenue_amount,
        cast(-coalesce(sum(
            case when events.event_type = 'refund' then events.net_revenue_amount end
        ), 0) as decimal(18, 4)) as refunded_amount
    from {{ ref('int_revenue_events') }} as events
    inner join purchase_days on events.order_id = purchase_days.order_id
    group by
        events.customer_key,
        purchase_days.purchase_date,
        greatest(events.event_date, purchase_days.purchase_date)
)

select * from revenue_days
