{#-
    Grain: one row per person and cycle: a journey. Its path is the touchpoints of the
    inbound contacts up to the cycle's first order, repeats in a row taken together;
    beyond `journey_path_depth` steps it says (deeper).
-#}
{{ config(
    materialized='incremental',
    incremental_strategy='touched_people',
) }}
{%- set depth = var('journey_path_depth', 8) -%}
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

orders as (
    select
        interactions.customer_key,
        interactions.cycle_number,
        interactions.occurred_at,
        interactions.interaction_id,
        row_number() over (
            partition by interactions.customer_key, interactions.cycle_number
            order by interactions.occurred_at, interactions.interaction_id
        ) as order_rank
    from {{ ref('fct_interactions') }} as interactions
    where
        interactions.stage_signal = 'order'
        and {{ touched('interactions.customer_key') }}
),

first_orders as (
    select
        orders.customer_key,
        orders.cycle_number,
        orders.occurred_at,
        orders.interaction_id
    from orders
    where orders.order_rank = 1
),

-- A contact at the very instant of the order did not lead to it.
steps as (
    select
        contacts.customer_key,
        contacts.cycle_number,
        contacts.touchpoint,
        row_number() over (
            partition by contacts.customer_key, contacts.cycle_number
            order by contacts.occurred_at, contacts.interaction_id
        ) as step_number
    from {{ ref('int_contacts_followed') }} as contacts
    left join first_orders
        on
            contacts.customer_key = first_orders.customer_key
            and contacts.cycle_number = first_orders.cycle_number
    where
        {{ touched('contacts.customer_key') }}
        and (
            contacts.previous_touchpoint is null
            or contacts.touchpoint <> contacts.previous_touchpoint
            or contacts.interaction_id = first_orders.interaction_id
        )
        and (
            first_orders.interaction_id is null
            or contacts.occurred_at < first_orders.occurred_at
            or contacts.interaction_id = first_orders.interaction_id
        )
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
            when first_orders.interaction_id is not null then 'ordered'
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
