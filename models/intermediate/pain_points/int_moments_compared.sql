{#-
    Grain: one row per person, day and what it is compared with: visits, checkouts or
    any days. Only days that are followed for the whole horizon.

    Days of every person at several distances from a visit, so that whoever met
    something that long after a visit finds the like; and the days on which somebody
    met something.
-#}
{%- set lags = [
    (0, 1), (1, 1), (2, 1), (3, 2), (5, 3), (8, 7), (15, 15), (30, 30), (60, 60),
    (120, 120),
] -%}
with

visits as (
    select * from {{ ref('int_visit_days') }}
),

lags as (
    {%- for first_lag, n_lags in lags %}
    select
        {{ first_lag }} as first_lag,
        {{ n_lags }} as n_lags
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

-- One day of each band of distances. Which one has nothing to do with what came then.
lagged as (
    select
        visits.customer_key,
        visits.day_number + lags.first_lag + mod(visits.day_number * 7919, lags.n_lags)
            as day_number,
        visits.day_number as visit_day,
        visits.next_visit_day
    from visits
    cross join lags
),

exposed as (
    select
        contacts.customer_key,
        contacts.day_number
    from {{ ref('int_contact_days') }} as contacts
    where contacts.compared_with = 'day' and not contacts.is_visit
    group by contacts.customer_key, contacts.day_number
),

days as (
    select
        lagged.customer_key,
        lagged.day_number,
        lagged.visit_day,
        1 as is_like
    from lagged
    where lagged.day_number < lagged.next_visit_day or lagged.next_visit_day is null
    union all
    select
        exposed.customer_key,
        exposed.day_number,
        visits.day_number as visit_day,
        0 as is_like
    from exposed
    inner join visits
        on
            exposed.customer_key = visits.customer_key
            and exposed.day_number >= visits.day_number
            and (
                exposed.day_number < visits.next_visit_day
                or visits.next_visit_day is null
            )
),

moments as (
    select
        'day' as compared_with,
        days.customer_key,
        days.day_number,
        days.visit_day,
        max(days.is_like) = 1 as is_like
    from days
    group by days.customer_key, days.day_number, days.visit_day
    union all
    select
        'visit' as compared_with,
        visits.customer_key,
        visits.day_number,
        visits.day_number as visit_day,
        true as is_like
    from visits
    union all
    select
        'checkout' as compared_with,
        visits.customer_key,
        visits.day_number,
        visits.day_number as visit_day,
        true as is_like
    from visits
    where visits.is_checkout
),

followed as (
    select moments.*
    from moments
    cross join {{ ref('int_as_of') }} as as_of
    where
        moments.day_number + {{ var('pain_point_horizon_days') }}
        < {{ day_number('as_of.as_of_at') }}
)

select * from followed
