{#-
    Grain: one row per person and cycle: a journey. Its path is the touchpoints of the
    inbound contacts up to the cycle's first order, repeats in a row taken together;
    beyond `journey_path_depth` steps it says (deeper).
-#}
{{ config(
    materialized='incremental',
    incremental_strategy='touched_people',
) }}
{%- set depth = var('journey_path_depth') -%}
with

journeys as (
    select
        spells.customer_key,
        spells.cycle_number,
        sum(spells.revenue_amount) as revenue_amount,
        max(
            case
                when spells.exited_at is null and spells.stage <> 'lapsed' then 1
                else 0
            end
        ) as is_open
    from {{ ref('fct_stage_spells') }} as spells
    where {{ touched('spells.customer_key') }}
    group by spells.customer_key, spells.cycle_number
),

first_orders as (
    select
        interactions.customer_key,
        interactions.cycle_number,
        min(interactions.occurred_at) as ordered_at
    from {{ ref('fct_interactions') }} as interactions
    where
        interactions.stage_signal = 'order'
        and {{ touched('interactions.customer_key') }}
    group by interactions.customer_key, interactions.cycle_number
),

contacts as (
    select
        interactions.customer_key,
        interactions.cycle_number,
        interactions.occurred_at,
        {{ signal_rank('interactions.stage_signal') }} as signal_rank,
        interactions.touchpoint
    from {{ ref('fct_interactions') }} as interactions
    left join first_orders
        on
            interactions.customer_key = first_orders.customer_key
            and interactions.cycle_number = first_orders.cycle_number
    where
        interactions.direction = 'inbound'
        and {{ touched('interactions.customer_key') }}
        and (
            first_orders.ordered_at is null
            or interactions.occurred_at < first_orders.ordered_at
            or (
                interactions.occurred_at = first_orders.ordered_at
                and interactions.stage_signal not in ('detractor', 'advocacy')
            )
        )
),

-- Contacts that agree in all that orders them are alike here, whichever comes first.
followed as (
    select
        contacts.customer_key,
        contacts.cycle_number,
        contacts.touchpoint,
        row_number() over in_order as contact_number,
        lag(contacts.touchpoint) over in_order as previous_touchpoint
    from contacts
    window in_order as (
        partition by contacts.customer_key, contacts.cycle_number
        order by contacts.occurred_at, contacts.signal_rank, contacts.touchpoint
    )
),

steps as (
    select
        followed.customer_key,
        followed.cycle_number,
        followed.touchpoint,
        row_number() over (
            partition by followed.customer_key, followed.cycle_number
            order by followed.contact_number
        ) as step_number
    from followed
    where
        followed.previous_touchpoint is null
        or followed.touchpoint <> followed.previous_touchpoint
),

paths as (
    select
        steps.customer_key,
        steps.cycle_number,
        count(*) as n_steps,
        concat_ws(
            ' > ',
            {%- for step in range(1, depth + 1) %}
            max(case when steps.step_number = {{ step }} then steps.touchpoint end),
            {%- endfor %}
            case when count(*) > {{ depth }} then '(deeper)' end
        ) as path
    from steps
    group by steps.customer_key, steps.cycle_number
),

pathed as (
    select
        journeys.customer_key,
        journeys.cycle_number,
        coalesce(paths.path, '') as path,
        coalesce(paths.n_steps, 0) as n_steps,
        case
            when first_orders.ordered_at is not null then 'ordered'
            when journeys.is_open = 1 then 'open'
            else 'lapsed'
        end as outcome,
        cast(coalesce(journeys.revenue_amount, 0) as decimal(18, 4)) as revenue_amount
    from journeys
    left join paths
        on
            journeys.customer_key = paths.customer_key
            and journeys.cycle_number = paths.cycle_number
    left join first_orders
        on
            journeys.customer_key = first_orders.customer_key
            and journeys.cycle_number = first_orders.cycle_number
)

select * from pathed
