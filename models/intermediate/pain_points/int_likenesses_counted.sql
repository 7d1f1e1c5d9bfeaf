{#-
    Grain: one row per level of likeness (full, close, coarse), likeness and touchpoint.
    How many days are alike, and dropped off: all of them where the touchpoint is blank;
    else those with the touchpoint since the last visit, to be taken off.
-#}
{%- set levels = ['full', 'close', 'coarse'] -%}
with

moments as (
    select moments.*
    from {{ ref('int_moments_followed') }} as moments
    where moments.is_like
),

to_count as (
    select
        '' as touchpoint,
        moments.*
    from moments
    union all
    select
        met.touchpoint,
        moments.*
    from moments
    inner join {{ ref('int_touchpoints_met') }} as met
        on
            moments.compared_with = met.compared_with
            and moments.customer_key = met.customer_key
            and moments.day_number = met.day_number
),

full_counts as (
    select
        to_count.touchpoint,
        to_count.full_likeness,
        to_count.close_likeness,
        to_count.coarse_likeness,
        count(*) as n_days,
        sum(to_count.dropped_off) as n_dropped_off,
        sum(to_count.order_amount) as order_amount
    from to_count
    group by
        to_count.touchpoint,
        to_count.full_likeness,
        to_count.close_likeness,
        to_count.coarse_likeness
),

counted as (
    {%- for level in levels %}
    select
        '{{ level }}' as likeness_level,
        full_counts.{{ level }}_likeness as likeness,
        full_counts.touchpoint,
        cast(sum(full_counts.n_days) as bigint) as n_days,
        cast(sum(full_counts.n_dropped_off) as bigint) as n_dropped_off,
        cast(sum(full_counts.order_amount) as decimal(18, 4)) as order_amount
    from full_counts
    group by full_counts.{{ level }}_likeness, full_counts.touchpoint
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select * from counted
