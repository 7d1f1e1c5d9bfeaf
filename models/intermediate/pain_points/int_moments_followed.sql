{#-
    Grain: one row per moment that is compared. Whether the person came back to look
    around or buy: after a time to settle, within the horizon.
-#}
with

moments as (
    select * from {{ ref('int_moments_described') }}
),

days as (
    select
        moments.customer_key,
        moments.day_number
    from moments
    group by moments.customer_key, moments.day_number
),

returns as (
    select
        days.customer_key,
        days.day_number,
        sum(visits.order_amount) as order_amount
    from days
    inner join {{ ref('int_visit_days') }} as visits
        on
            days.customer_key = visits.customer_key
            and days.day_number + {{ var('pain_point_settle_days') }}
            < visits.day_number
            and days.day_number + {{ var('pain_point_horizon_days') }}
            >= visits.day_number
    group by days.customer_key, days.day_number
),

final as (
    select
        moments.compared_with,
        moments.customer_key,
        moments.day_number,
        moments.visit_day,
        moments.is_like,
        moments.coarse_likeness,
        moments.close_likeness,
        moments.full_likeness,
        case when returns.customer_key is null then 1 else 0 end as dropped_off,
        cast(coalesce(returns.order_amount, 0) as decimal(18, 4)) as order_amount
    from moments
    left join returns
        on
            moments.customer_key = returns.customer_key
            and moments.day_number = returns.day_number
)

select * from final
