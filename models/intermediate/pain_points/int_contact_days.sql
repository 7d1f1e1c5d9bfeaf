{#-
    Grain: one row per person who is compared, day, touchpoint and stage: what the
    person did, or suffered.
-#}
with

contacts as (
    select
        interactions.customer_key,
        {{ day_number('interactions.occurred_at') }} as day_number,
        interactions.touchpoint,
        interactions.stage,
        interactions.stage_signal,
        interactions.friction_weight,
        -- Somebody looked around or bought. What follows an order (a ticket, a review)
        -- comes from people who have left, too.
        interactions.direction = 'inbound'
        and interactions.phase in ('pre_purchase', 'purchase')
        and interactions.source <> 'social_engagements' as is_visit,
        case
            when interactions.stage_signal = 'order' then interactions.revenue_amount
        end as order_amount
    from {{ ref('fct_interactions') }} as interactions
    inner join {{ ref('int_people_compared') }} as people
        on interactions.customer_key = people.customer_key
    where interactions.direction = 'inbound' or interactions.friction_weight > 0
),

days as (
    select
        contacts.customer_key,
        contacts.day_number,
        contacts.touchpoint,
        contacts.stage,
        contacts.is_visit,
        contacts.stage_signal in ('checkout', 'order') as is_checkout,
        case
            when not contacts.is_visit or contacts.friction_weight = 0 then 'day'
            when contacts.stage_signal in ('checkout', 'order') then 'checkout'
            else 'visit'
        end as compared_with,
        cast(sum(
            case when contacts.stage_signal = 'order' then 1 else 0 end
        ) as bigint) as n_orders,
        cast(coalesce(sum(contacts.order_amount), 0) as decimal(18, 4)) as order_amount
    from contacts
    group by
        contacts.customer_key,
        contacts.day_number,
        contacts.touchpoint,
        contacts.stage,
        contacts.is_visit,
        contacts.stage_signal,
        contacts.friction_weight
)

select * from days
