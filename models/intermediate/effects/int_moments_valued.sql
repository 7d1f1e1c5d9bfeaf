{#-
    Grain: one row per moment that goes into `touchpoint_value`: exposures, and random
    samples of the days in which the like are found, one of each kind of comparison and,
    of days at their end, one of days with a visit. What was known then, and the margin
    of the days that followed.
-#}
with

exposed as (
    select
        exposures.compared_with,
        exposures.customer_key,
        exposures.day_number
    from {{ ref('int_exposures_sampled') }} as exposures
    group by
        exposures.compared_with,
        exposures.customer_key,
        exposures.day_number
),

hashed as (
    select
        known.*,
        {{ dbt.hash("concat(known.customer_key, known.day_number)") }} as sample_hash
    from {{ ref('int_moments_known') }} as known
),

numbered as (
    select
        hashed.*,
        row_number() over (
            partition by
                hashed.compared_with,
                hashed.is_like,
                hashed.visit_day = hashed.day_number
            order by hashed.sample_hash, hashed.customer_key, hashed.day_number
        ) as sample_rank
    from hashed
),

chosen as (
    select
        numbered.*,
        numbered.is_like
        and numbered.sample_rank <= {{ var('touchpoint_value_moments') }}
            as is_sampled_like
    from numbered
    left join exposed
        on
            numbered.compared_with = exposed.compared_with
            and numbered.customer_key = exposed.customer_key
            and numbered.day_number = exposed.day_number
    where
        exposed.customer_key is not null
        or (
            numbered.is_like
            and numbered.sample_rank <= {{ var('touchpoint_value_moments') }}
        )
),

events as (
    select
        revenue.customer_key,
        {{ day_number('revenue.occurred_at') }} as day_number,
        revenue.margin_amount
    from {{ ref('int_revenue_events') }} as revenue
    inner join {{ ref('int_people_compared') }} as people
        on revenue.customer_key = people.customer_key
),

-- Of a visit the day itself counts: what it would have brought was not known before it.
followed as (
    select
        chosen.compared_with,
        chosen.customer_key,
        chosen.day_number,
        sum(events.margin_amount) as margin_amount
    from chosen
    inner join events
        on
            chosen.customer_key = events.customer_key
            and events.day_number
            > chosen.day_number
            - case when chosen.compared_with = 'day' then 0 else 1 end
            and events.day_number
            <= chosen.day_number + {{ var('pain_point_horizon_days') }}
            - case when chosen.compared_with = 'day' then 0 else 1 end
    group by chosen.compared_with, chosen.customer_key, chosen.day_number
),

final as (
    select
        cast(row_number() over (
            order by chosen.customer_key, chosen.day_number, chosen.compared_with
        ) as bigint) as moment_number,
        chosen.compared_with,
        chosen.customer_key,
        chosen.day_number,
        chosen.is_sampled_like,
        chosen.stage_before,
        chosen.entry_channel,
        chosen.tenure_days,
        chosen.recency_days,
        chosen.n_recent_visits,
        chosen.n_orders,
        cast(chosen.order_amount as double) as order_amount,
        chosen.order_recency_days,
        cast(coalesce(followed.margin_amount, 0) as double) as margin_amount
    from chosen
    left join followed
        on
            chosen.compared_with = followed.compared_with
            and chosen.customer_key = followed.customer_key
            and chosen.day_number = followed.day_number
)

select * from final
