{#-
    Grain: one row per person and instant at which a rule puts the person into a stage,
    be it the one where the person is. What the clocks will do if nothing else happens
    is there too, later than the as-of time. Of several at one instant the last to be
    applied stands: a stay of no length never was.
-#}
{{ config(
    materialized='incremental',
    incremental_strategy='touched_people',
) }}

with

cycles as (
    select all_cycles.*
    from {{ ref('int_journey_cycles') }} as all_cycles
    where {{ touched('all_cycles.customer_key') }}
),

checkouts as (
    select all_checkouts.*
    from {{ ref('int_checkouts_before_order') }} as all_checkouts
    where {{ touched('all_checkouts.customer_key') }}
),

verdicts as (
    select
        cycles.customer_key,
        cycles.cycle_number,
        contacts.stage_signal,
        contacts.occurred_at
    from {{ ref('int_interactions') }} as contacts
    inner join cycles
        on
            contacts.customer_key = cycles.customer_key
            and contacts.occurred_at >= cycles.retained_at
            and contacts.occurred_at < cycles.lapse_due_at
    where
        contacts.direction = 'inbound'
        and contacts.stage_signal in ('detractor', 'advocacy')
        and {{ touched('contacts.customer_key') }}
),

-- `step` is the order in which what happens at one instant is applied.
steps as (
    {% for step, changed_at, condition in [
        (0, 'started_at', 'cycles.cycle_number = 1'),
        (1, 'started_at', 'cycles.cycle_number > 1'),
        (1, 'first_considered_at', 'cycles.cycle_number = 1'),
        (4, 'first_order_at', 'cycles.first_order_at is not null'),
        (5, 'retained_at', 'cycles.retained_at < cycles.lapse_due_at'),
        (8, 'lapse_due_at', 'cycles.lapse_due_at is not null'),
    ] -%}
    select
        cycles.customer_key,
        cycles.cycle_number,
        {{ step }} as step,
        cycles.{{ changed_at }} as changed_at
    from cycles
    where {{ condition }}
    union all
    {% endfor -%}
    select
        checkouts.customer_key,
        checkouts.cycle_number,
        2 as step,
        checkouts.checkout_at as changed_at
    from checkouts
    union all
    select
        checkouts.customer_key,
        checkouts.cycle_number,
        3 as step,
        checkouts.abandoned_at as changed_at
    from checkouts
    where checkouts.abandoned_at is not null
    union all
    select
        verdicts.customer_key,
        verdicts.cycle_number,
        case verdicts.stage_signal when 'detractor' then 6 else 7 end as step,
        verdicts.occurred_at as changed_at
    from verdicts
),

last_steps as (
    select
        steps.customer_key,
        steps.changed_at,
        max(steps.cycle_number * 10 + steps.step) as last_step
    from steps
    where steps.changed_at is not null
    group by steps.customer_key, steps.changed_at
),

changes as (
    select
        last_steps.customer_key,
        cast(floor(last_steps.last_step / 10) as bigint) as cycle_number,
        case last_steps.last_step % 10
            when 0 then 'awareness'
            when 1 then 'consideration'
            when 2 then 'purchase'
            when 3 then 'consideration'
            when 4 then 'purchase'
            when 5 then 'retention'
            when 6 then 'retention'
            when 7 then 'advocacy'
            else 'lapsed'
        end as stage,
        last_steps.changed_at
    from last_steps
)

select * from changes
