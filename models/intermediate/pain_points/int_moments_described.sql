{#-
    Grain: one row per moment that is compared. Whom the person is like then: the stage
    at the beginning of the day, and bands of what was known.
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

banded as (
    select
        known.compared_with,
        known.customer_key,
        known.day_number,
        known.visit_day,
        known.is_like,
        coalesce(spells.stage, 'none') as stage_before,
        {{ band('known.recency_days', [1, 2, 3, 5, 8, 15, 30, 60, 120, 240]) }}
            as recency_band,
        {{ band('known.n_orders', [1, 2, 4, 8]) }} as orders_band,
        {{ band('known.order_recency_days', [15, 61]) }} as order_recency_band,
        {{ band('known.n_recent_visits', [1, 2, 4, 8]) }} as visits_band,
        {{ band('known.tenure_days', [1, 31, 181, 366]) }} as tenure_band,
        -- Each band of the mean order is up to four times the one before.
        cast(case
            when known.order_amount > 0
                then floor(ln(known.order_amount / nullif(known.n_orders, 0)) / ln(4))
            else 0
        end as integer) as value_band,
        cast(floor(known.day_number / 91.3125) as integer) as quarter_band,
        known.entry_channel
    from known
    left join spells
        on
            known.customer_key = spells.customer_key
            and known.day_number > spells.entered_day
            and (known.day_number <= spells.exited_day or spells.exited_day is null)
),

coarse as (
    select
        banded.*,
        concat(
            substring(banded.compared_with, 1, 1),
            substring(banded.stage_before, 1, 2),
            ' ', banded.recency_band, ' ', banded.orders_band
        ) as coarse_likeness
    from banded
),

final as (
    select
        coarse.compared_with,
        coarse.customer_key,
        coarse.day_number,
        coarse.visit_day,
        coarse.is_like,
        coarse.coarse_likeness,
        concat(
            coarse.coarse_likeness, ' ', coarse.order_recency_band,
            coarse.visits_band, coarse.tenure_band, coarse.value_band
        ) as close_likeness,
        concat(
            coarse.coarse_likeness, ' ', coarse.order_recency_band,
            coarse.visits_band, coarse.tenure_band, coarse.value_band,
            ' ', coarse.quarter_band, ' ', coarse.entry_channel
        ) as full_likeness
    from coarse
)

select * from final
