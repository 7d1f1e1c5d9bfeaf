{#-
    What are people doing at each step of their journey? The step matrix: the share of
    journeys (a person's cycle) whose first, second, … contact was at each touchpoint,
    and the share that had ended by then. Here every contact counts, repeats too.
-#}
{%- set n_steps = 20 -%}
with

steps as (
    select
        interactions.customer_key,
        interactions.cycle_number,
        interactions.touchpoint,
        row_number() over (
            partition by interactions.customer_key, interactions.cycle_number
            order by interactions.occurred_at, interactions.interaction_id
        ) as step_number
    from {{ ref('fct_interactions') }} as interactions
    where interactions.direction = 'inbound'
),

cells as (
    select
        steps.step_number,
        steps.touchpoint,
        count(*) as n_journeys
    from steps
    where steps.step_number <= {{ n_steps }}
    group by steps.step_number, steps.touchpoint
),

totals as (
    select sum(cells.n_journeys) as n_journeys
    from cells
    where cells.step_number = 1
),

with_ended as (
    select
        cells.step_number,
        cells.touchpoint,
        cells.n_journeys
    from cells
    union all
    select
        cells.step_number,
        '(ended)' as touchpoint,
        min(totals.n_journeys) - sum(cells.n_journeys) as n_journeys
    from cells
    cross join totals
    group by cells.step_number
)

select
    with_ended.step_number,
    with_ended.touchpoint,
    with_ended.n_journeys,
    cast(with_ended.n_journeys as double) / totals.n_journeys as journey_share
from with_ended
cross join totals
order by
    with_ended.step_number asc,
    with_ended.n_journeys desc,
    with_ended.touchpoint asc
