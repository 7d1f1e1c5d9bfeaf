{#-
    Grain: one row per origin and horizon to predict, and past origin to learn it from:
    those whose outcome over the same horizon was known by then; if there is none, over
    the longest horizon below it.
-#}
with

known as (
    select
        origins.days_ago,
        origins.horizon_days,
        pasts.days_ago as lesson_days_ago,
        pasts.horizon_days as trained_horizon_days,
        max(pasts.horizon_days) over (
            partition by origins.days_ago, origins.horizon_days
        ) as longest_days,
        row_number() over (
            partition by
                origins.days_ago, origins.horizon_days, pasts.horizon_days
            order by pasts.days_ago
        ) as recency_rank
    from {{ ref('int_prediction_origins') }} as origins
    inner join {{ ref('int_prediction_origins') }} as pasts
        on
            origins.days_ago + pasts.horizon_days <= pasts.days_ago
            and origins.horizon_days >= pasts.horizon_days
),

final as (
    select
        known.days_ago,
        known.horizon_days,
        known.lesson_days_ago,
        known.trained_horizon_days,
        known.recency_rank = 1 as is_latest
    from known
    where known.trained_horizon_days = known.longest_days
)

select * from final
