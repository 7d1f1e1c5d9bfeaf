{#-
    Grain: one row per day to predict from and horizon h: the as-of day, from which
    customers are scored, and the days h, 2h, … before it, whose h days ahead have
    happened, as far as there was half a horizon of purchases to learn from.
-#}
with

first_purchase as (
    select min(days.purchase_date) as purchase_date
    from {{ ref('int_customer_purchase_days') }} as days
),

windows as (
    {% for horizon in var('clv_horizons') -%}
    {% set outer_loop = loop -%}
    {% for number in range(var('backtest_origins') + 1) -%}
    select
        {{ number * horizon }} as days_ago,
        {{ horizon }} as horizon_days
    {{ 'union all' if not (loop.last and outer_loop.last) }}
    {% endfor -%}
    {% endfor %}
),

dated as (
    select
        windows.days_ago,
        windows.horizon_days,
        windows.days_ago = 0 as is_as_of,
        cast({{ dbt.dateadd('day', '-windows.days_ago', 'as_of.as_of_date') }} as date)
            as origin_date
    from windows
    cross join {{ ref('int_as_of') }} as as_of
),

origins as (
    select dated.*
    from dated
    cross join first_purchase
    where
        dated.is_as_of
        or 2 * {{ dbt.datediff(
            'first_purchase.purchase_date', 'dated.origin_date', 'day'
        ) }} >= dated.horizon_days
)

select * from origins
