{#-
    Grain: one row per moment that is compared. Whom the person is like then: the stage
    at the beginning of the day, and bands of what was known.
-#}
with

banded as (
    select
        known.compared_with,
        known.customer_key,
        known.day_number,
        known.visit_day,
        known.is_like,
        known.stage_before,
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
    from {{ ref('int_moments_known') }} as known
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
