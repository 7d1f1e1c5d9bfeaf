{#-
    Grain: one row per origin and day, past and ahead: how many days it is from the
    origin in operational time, in which no day brings more purchases than another.
-#}
with

days as (
    select
        cast(seasons.days_ago as integer) as days_ago,
        cast(seasons.days_ahead as integer) as days_ahead,
        cast(seasons.calendar_date as date) as calendar_date,
        seasons.season_index,
        seasons.ci_lower,
        seasons.ci_upper,
        seasons.operational_day
    from {{ ref('py_purchase_seasons') }} as seasons
)

select * from days
