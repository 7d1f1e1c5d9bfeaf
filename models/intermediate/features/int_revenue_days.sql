{#-
    Grain: one row per customer, day of a purchase, and day on which an order or a
    refund of it came to be known. Summed to any day it is what was known then.
-#}
with

-- A refund that is dated before its order is known with the order.
revenue_days as (
    select
        events.customer_key,
        events.purchase_date,
        greatest(events.event_date, events.purchase_date) as known_date,
        count(case when events.event_type = 'order' then 1 end) as n_orders,
        cast(sum(events.n_units) as decimal(18, 4)) as n_units,
        cast(sum(events.gross_amount) as decimal(18, 4)) as gross_amount,
        cast(sum(events.discount_amount) as decimal(18, 4)) as discount_amount,
        cast(sum(events.net_revenue_amount) as decimal(18, 4)) as net_revenue_amount,
        cast(-coalesce(sum(
            case when events.event_type = 'refund' then events.net_revenue_amount end
        ), 0) as decimal(18, 4)) as refunded_amount
    from {{ ref('int_revenue_events') }} as events
    where events.event_type <> 'service'
    group by
        events.customer_key,
        events.purchase_date,
        greatest(events.event_date, events.purchase_date)
)

select * from revenue_days
