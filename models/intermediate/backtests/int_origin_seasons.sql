{#-
    Grain: one row per origin and horizon: whether the origin one horizon later knows a
    season that this one did not. Then how much in all came after it says nothing of how
    much comes with it.
-#}
{{ config(materialized='view') }}
with

seasons as (
    select
        days.days_ago,
        count(days.ci_lower) > 0 as is_learned
    from {{ ref('int_operational_days') }} as days
    group by days.days_ago
),

final as (
    select
        origins.days_ago,
        origins.horizon_days,
        origins.origin_date,
        coalesce(later.is_learned and not seasons.is_learned, false)
            as is_without_season
    from {{ ref('int_prediction_origins') }} as origins
    left join seasons on origins.days_ago = seasons.days_ago
    left join seasons as later
        on origins.days_ago - origins.horizon_days = later.days_ago
)

select * from final
