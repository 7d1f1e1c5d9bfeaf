{#-
    Grain: one row per day to predict from and horizon h: the as-of day, from which
    customers are scored, and the days h, 2h, … before it, whose h days ahead have
    happened, as far as there was half a horizon of purchases to learn from. Where that
    leaves a horizon without any, the middle of the history is one more; where it leaves
    but one, a shorter horizon before it is, so that something was learned by then.
-#}
{%- set horizons = var('clv_horizons') | sort -%}
{%- set n_origins = var('backtest_origins') -%}
with

first_purchase as (
    select min(days.purchase_date) as purchase_date
    from {{ ref('int_customer_purchase_days') }} as days
),

history as (
    select
        {{ dbt.datediff('first_purchase.purchase_date', 'as_of.as_of_date', 'day') }}
            as days
    from first_purchase
    cross join {{ ref('int_as_of') }} as as_of
),

-- What is learned over half of the history is the next best for longer horizons.
halves as (
    select cast(floor(history.days / 2.0) as integer) as days
    from history
    where
        history.days >= 2
        and 2 * history.days < 3 * {{ horizons | max }}
        {%- for horizon in horizons %}
        and (
            2 * {{ horizon }} < history.days - 1
            or 3 * {{ horizon }} > 2 * history.days
        )
        {%- endfor %}
        and {{ n_origins }} > 0
),

windows as (
    {% for horizon in horizons -%}
    {% for number in range(n_origins + 1) -%}
    select
        {{ number * horizon }} as days_ago,
        {{ horizon }} as horizon_days
    union all
    {% endfor -%}
    -- The longest shorter horizon that had passed by its one origin.
    {% for shorter in horizons if n_origins > 0 and shorter < horizon -%}
    select
        {{ horizon + shorter }} as days_ago,
        {{ shorter }} as horizon_days
    from history
    where
        2 * (history.days - {{ horizon }}) >= {{ horizon }}
        {% if n_origins > 1 -%}
        and 2 * (history.days - {{ 2 * horizon }}) < {{ horizon }}
        {% endif -%}
        {% for longer in horizons if shorter < longer and longer < horizon -%}
        and 2 * (history.days - {{ horizon + longer }}) < {{ longer }}
        {% endfor -%}
    union all
    {% endfor -%}
    {% endfor -%}
    select
        halves.days as days_ago,
        halves.days as horizon_days
    from halves
),

dated as (
    select distinct
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
