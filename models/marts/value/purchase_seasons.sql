{#-
    Grain: one row per day of the year ahead: how much customers who have bought before
    buy on it, against an average day.
-#}
with

days as (
    select
        days.calendar_date,
        days.days_ahead,
        days.season_index,
        days.ci_lower,
        days.ci_upper,
        days.ci_lower is not null as is_learned
    from {{ ref('int_operational_days') }} as days
    where days.days_ago = 0 and days.days_ahead between 1 and 365
)

select * from days
