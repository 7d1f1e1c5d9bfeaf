{#- Grain: one row per path that a journey took, whole; the journeys' own rows end. -#}
with

counted as (
    select
        journeys.path,
        count(*) as n_journeys,
        count(case when journeys.cycle_number = 1 then 1 end) as n_first_journeys,
        count(case when journeys.outcome = 'ordered' then 1 end) as n_ordered,
        count(case when journeys.outcome = 'lapsed' then 1 end) as n_lapsed,
        count(case when journeys.outcome = 'open' then 1 end) as n_open,
        cast(sum(journeys.revenue_amount) as decimal(18, 4)) as revenue_amount
    from {{ ref('int_journeys_pathed') }} as journeys
    group by journeys.path
)

select * from counted
