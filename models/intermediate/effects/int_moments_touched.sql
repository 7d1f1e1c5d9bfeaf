{#-
    Grain: one row per moment of `int_moments_valued`, touchpoint, and stage in which it
    counts as an exposure; without a stage where the touchpoint only keeps the moment
    from standing for those who had not met it.
-#}
with

moments as (
    select
        moments.moment_number,
        moments.compared_with,
        moments.customer_key,
        moments.day_number,
        moments.is_sampled_like
    from {{ ref('int_moments_valued') }} as moments
),

touched as (
    select
        exposures.stage,
        exposures.touchpoint,
        moments.moment_number
    from moments
    inner join {{ ref('int_exposures_sampled') }} as exposures
        on
            moments.compared_with = exposures.compared_with
            and moments.customer_key = exposures.customer_key
            and moments.day_number = exposures.day_number
    union all
    select
        cast(null as varchar) as stage,
        met.touchpoint,
        moments.moment_number
    from moments
    inner join {{ ref('int_touchpoints_met') }} as met
        on
            moments.compared_with = met.compared_with
            and moments.customer_key = met.customer_key
            and moments.day_number = met.day_number
    where moments.is_sampled_like
)

select * from touched
