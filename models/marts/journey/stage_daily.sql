{#-
    Grain: one row per day and stage, from the first contact of all to the as-of day.
    How many people were in the stage when the day ended, and every entry and exit
    of the day.
-#}
{%- set day_number = 'numbers.generated_number - 1' -%}
with

moves as (
    select
        {{ reporting_date('spells.entered_at') }} as move_date,
        spells.stage,
        count(*) as n_entered,
        0 as n_left
    from {{ ref('fct_stage_spells') }} as spells
    group by {{ reporting_date('spells.entered_at') }}, spells.stage
    union all
    select
        {{ reporting_date('spells.exited_at') }} as move_date,
        spells.stage,
        0 as n_entered,
        count(*) as n_left
    from {{ ref('fct_stage_spells') }} as spells
    where spells.exited_at is not null
    group by {{ reporting_date('spells.exited_at') }}, spells.stage
),

daily_moves as (
    select
        moves.move_date,
        moves.stage,
        sum(moves.n_entered) as n_entered,
        sum(moves.n_left) as n_left
    from moves
    group by moves.move_date, moves.stage
),

bounds as (
    select
        min(daily_moves.move_date) as first_date,
        max(as_of.as_of_date) as last_date
    from daily_moves
    cross join {{ ref('int_as_of') }} as as_of
),

numbers as (
    {{ dbt.generate_series(32768) }}
),

days as (
    select
        cast({{ dbt.dateadd('day', day_number, 'bounds.first_date') }} as date)
            as activity_date,
        bounds.last_date
    from bounds
    inner join numbers
        on
            {{ day_number }}
            <= {{ dbt.datediff('bounds.first_date', 'bounds.last_date', 'day') }}
),

stages as (
    {% for stage in stage_names() -%}
    select
        '{{ stage }}' as stage,
        {{ loop.index }} as stage_rank
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

joined as (
    select
        days.activity_date,
        days.last_date,
        stages.stage,
        stages.stage_rank,
        coalesce(daily_moves.n_entered, 0) as n_entered,
        coalesce(daily_moves.n_left, 0) as n_left
    from days
    cross join stages
    left join daily_moves
        on
            days.activity_date = daily_moves.move_date
            and stages.stage = daily_moves.stage
),

final as (
    select
        joined.activity_date,
        joined.stage,
        joined.stage_rank,
        cast(
            sum(joined.n_entered - joined.n_left) over (
                partition by joined.stage
                order by joined.activity_date
                rows between unbounded preceding and current row
            ) as bigint
        ) as n_people,
        cast(joined.n_entered as bigint) as n_entered,
        cast(joined.n_left as bigint) as n_left,
        joined.activity_date = joined.last_date as is_last_day
    from joined
)

select * from final
