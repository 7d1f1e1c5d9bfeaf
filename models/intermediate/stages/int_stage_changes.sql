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
{#- Each step and the stage that it leads to, in the order in which what happens at one
    instant is applied. -#}
{%- set steps = [
    ('contact', 'awareness'),
    ('interest', 'consideration'),
    ('checkout', 'purchase'),
    ('abandonment', 'consideration'),
    ('order', 'purchase'),
    ('end_of_purchase', 'retention'),
    ('detractor', 'retention'),
    ('advocacy', 'advocacy'),
    ('lapse', 'lapsed'),
] -%}
{%- set step_names = steps | map('first') | list -%}

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
    from {{ ref('int_contacts_signalled') }} as contacts
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

steps as (
    {% for step, changed_at, condition in [
        ('contact', 'started_at', 'cycles.cycle_number = 1'),
        ('interest', 'started_at', 'cycles.cycle_number > 1'),
        ('interest', 'first_considered_at', 'cycles.cycle_number = 1'),
        ('order', 'first_order_at', 'cycles.first_order_at is not null'),
        ('end_of_purchase', 'retained_at', 'cycles.retained_at < cycles.lapse_due_at'),
        ('lapse', 'lapse_due_at', 'cycles.lapse_due_at is not null'),
    ] -%}
    select
        cycles.customer_key,
        cycles.cycle_number,
        {{ step_names.index(step) }} as step,
        cycles.{{ changed_at }} as changed_at
    from cycles
    where {{ condition }}
    union all
    {% endfor -%}
    select
        checkouts.customer_key,
        checkouts.cycle_number,
        {{ step_names.index('checkout') }} as step,
        checkouts.checkout_at as changed_at
    from checkouts
    union all
    select
        checkouts.customer_key,
        checkouts.cycle_number,
        {{ step_names.index('abandonment') }} as step,
        checkouts.abandoned_at as changed_at
    from checkouts
    where checkouts.abandoned_at is not null
    union all
    select
        verdicts.customer_key,
        verdicts.cycle_number,
        case verdicts.stage_signal
            when 'detractor' then {{ step_names.index('detractor') }}
            else {{ step_names.index('advocacy') }}
        end as step,
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
            {%- for name, stage in steps %}
            when {{ loop.index0 }} then '{{ stage }}'
            {%- endfor %}
        end as stage,
        last_steps.changed_at
    from last_steps
)

select * from changes
