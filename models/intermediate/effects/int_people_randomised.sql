{#-
    Grain: one row per experiment that gives out a touchpoint, that touchpoint, and person
    who was put in a variant and has been followed for the whole horizon. How often they
    met the touchpoint, and what they brought.
-#}
with

as_of as (
    select
        as_of.as_of_at,
        {{ day_number('as_of.as_of_at') }} as as_of_day
    from {{ ref('int_as_of') }} as as_of
),

exposures as (
    select
        experiments.experiment_id,
        experiments.touchpoint,
        {{ joined_person() }} as customer_key,
        exposed.variant,
        {{ day_number('exposed.exposed_at') }} as day_number
    from {{ ref('stg_experiments__experiment_exposures') }} as exposed
    inner join {{ ref('stg_experiments__experiments') }} as experiments
        on exposed.experiment_id = experiments.experiment_id
    inner join {{ ref('touchpoints') }} as touchpoints
        on experiments.touchpoint = touchpoints.touchpoint
    inner join as_of
        on exposed.exposed_at <= as_of.as_of_at
    {{ join_person('exposed') }}
),

-- Who was seen in several variants cannot stand for one of them.
people as (
    select
        exposures.experiment_id,
        exposures.touchpoint,
        exposures.customer_key,
        case
            when min(exposures.variant) = max(exposures.variant)
                then min(exposures.variant)
        end as variant,
        min(exposures.day_number) as exposed_day,
        min(exposures.day_number) + {{ var('pain_point_horizon_days') }} as end_day
    from exposures
    group by exposures.experiment_id, exposures.touchpoint, exposures.customer_key
),

followed as (
    select people.*
    from people
    inner join as_of
        on people.end_day <= as_of.as_of_day
),

-- The day itself counts whole: the clocks of what happens in one visit differ, and what
-- came before the exposure on that day is, by lot, the same in all variants.
met as (
    select
        followed.experiment_id,
        followed.customer_key,
        count(distinct {{ day_number('interactions.occurred_at') }}) as n_days_met
    from followed
    inner join {{ ref('fct_interactions') }} as interactions
        on
            followed.customer_key = interactions.customer_key
            and followed.touchpoint = interactions.touchpoint
            and {{ day_number('interactions.occurred_at') }} >= followed.exposed_day
            and {{ day_number('interactions.occurred_at') }} < followed.end_day
    group by followed.experiment_id, followed.customer_key
),

earned as (
    select
        followed.experiment_id,
        followed.customer_key,
        sum(revenue.margin_amount) as margin_amount
    from followed
    inner join {{ ref('int_revenue_events') }} as revenue
        on
            followed.customer_key = revenue.customer_key
            and {{ day_number('revenue.occurred_at') }} >= followed.exposed_day
            and {{ day_number('revenue.occurred_at') }} < followed.end_day
    group by followed.experiment_id, followed.customer_key
),

final as (
    select
        followed.experiment_id,
        followed.touchpoint,
        followed.customer_key,
        followed.variant,
        followed.exposed_day,
        coalesce(met.n_days_met, 0) as n_days_met,
        cast(coalesce(earned.margin_amount, 0) as double) as margin_amount
    from followed
    left join met
        on
            followed.experiment_id = met.experiment_id
            and followed.customer_key = met.customer_key
    left join earned
        on
            followed.experiment_id = earned.experiment_id
            and followed.customer_key = earned.customer_key
)

select * from final
