{#-
    Grain: one row per contact between a person and the business, with the stage in
    which it finds the person once it has had its own effect.
-#}
{{ config(materialized='incremental', incremental_strategy='touched_people') }}

with

interactions as (
    select contacts.*
    from {{ ref('int_interactions') }} as contacts
    where {{ touched('contacts.customer_key') }}
),

spells as (
    select
        stage_spells.customer_key,
        stage_spells.spell_number,
        stage_spells.cycle_number,
        stage_spells.stage,
        stage_spells.entered_at,
        coalesce(stage_spells.exited_at, timestamp '9999-12-31 00:00:00') as left_at
    from {{ ref('int_stage_spells') }} as stage_spells
    where {{ touched('stage_spells.customer_key') }}
),

final as (
    select
        interactions.interaction_id,
        interactions.customer_key,
        interactions.source,
        interactions.event_name,
        interactions.touchpoint,
        interactions.phase,
        interactions.direction,
        interactions.stage_signal,
        interactions.channel,
        interactions.campaign_id,
        interactions.session_key,
        interactions.device_type,
        interactions.place,
        interactions.product_id,
        spells.stage,
        cast(spells.cycle_number as bigint) as cycle_number,
        cast(spells.spell_number as bigint) as spell_number,
        interactions.friction_weight,
        interactions.revenue_amount,
        interactions.cost_amount,
        interactions.occurred_at
    from interactions
    inner join spells
        on
            interactions.customer_key = spells.customer_key
            and interactions.occurred_at >= spells.entered_at
            and interactions.occurred_at < spells.left_at
)

select * from final
