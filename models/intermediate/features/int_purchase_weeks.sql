{#-
    Grain: one row per origin, week of the first purchase and week of a purchase, counted
    in whole weeks back from the origin: all that the season is learned from.
-#}
with

purchases as (
    select
        purchases.days_ago,
        {{ dbt.datediff(
            'purchases.first_purchase_date', 'purchases.origin_date', 'day'
        ) }} as first_days_ago,
        {{ dbt.datediff('purchases.purchase_date', 'purchases.origin_date', 'day') }}
            as days_before,
        purchases.purchase_date = purchases.first_purchase_date as is_first
    from {{ ref('int_purchases_at_origins') }} as purchases
),

weeks as (
    select
        purchases.days_ago,
        cast(floor(purchases.first_days_ago / 7.0) as integer) as cohort_weeks_ago,
        cast(floor(purchases.days_before / 7.0) as integer) as weeks_ago,
        count(case when purchases.is_first then 1 end) as n_first_purchases,
        count(case when not purchases.is_first then 1 end) as n_repeat_purchases
    from purchases
    group by
        purchases.days_ago,
        floor(purchases.first_days_ago / 7.0),
        floor(purchases.days_before / 7.0)
)

select * from weeks
