{#-
    Grain: one row per moment that is compared. What was known of the person then: the
    stage at the beginning of the day, and what had been done by the end of it, or by its
    beginning.
-#}
with

-- Days are taken as known at their end; visits and checkouts as known before them, for
-- an obstacle may have prevented what the day would have brought.
known as (
    select
        moments.compared_with,
        moments.customer_key,
        moments.day_number,
        moments.visit_day,
        moments.is_like,
        people.entry_channel,
        moments.day_number - people.first_day as tenure_days,
        visits.n_recent_visits,
        case
            when moments.compared_with = 'day'
                then moments.day_number - moments.visit_day
            else moments.day_number - visits.visit_day_before
        end as recency_days,
        moments.day_number - case
            when moments.compared_with = 'day' and visits.n_orders > 0
                then visits.day_number
            else visits.order_day_before
        end as order_recency_days,
        visits.n_orders_before
        + case when moments.compared_with = 'day' then visits.n_orders else 0 end
            as n_orders,
        visits.order_amount_before
        + case when moments.compared_with = 'day' then visits.order_amount else 0 end
            as order_amount
    from {{ ref('int_moments_compared') }} as moments
    inner join {{ ref('int_visit_days') }} as visits
        on
            moments.customer_key = visits.customer_key
            and moments.visit_day = visits.day_number
    inner join {{ ref('int_people_compared') }} as people
        on moments.customer_key = people.customer_key
),

spells as (
    select
        stage_spells.customer_key,
        stage_spells.stage,
        {{ day_number('stage_spells.entered_at') }} as entered_day,
        {{ day_number('stage_spells.exited_at') }} as exited_day
    from {{ ref('fct_stage_spells') }} as stage_spells
    inner join {{ ref('int_people_compared') }} as people
        on stage_spells.customer_key = people.customer_key
),

final as (
    select
        known.compared_with,
        known.customer_key,
        known.day_number,
        known.visit_day,
        known.is_like,
        known.entry_channel,
        coalesce(spells.stage, 'none') as stage_before,
        known.tenure_days,
        known.recency_days,
        known.n_recent_visits,
        known.n_orders,
        known.order_amount,
        known.order_recency_days
    from known
    left join spells
        on
            known.customer_key = spells.customer_key
            and known.day_number > spells.entered_day
            and (known.day_number <= spells.exited_day or spells.exited_day is null)
)

select * from final
