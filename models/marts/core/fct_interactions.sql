{#-
    Grain: one row per contact between a person and the business. All sources in one
    form, with the touchpoint, the channel, and the stage in which the contact finds the
    person once it has had its own effect.
-#}
{{ config(materialized='incremental', incremental_strategy='touched_people') }}

with

-- What was bought in a web session came by the channel that led there; where it was
-- bought stays its place.
order_sessions as (
    select
        'orders:' || placed.order_id as interaction_id,
        sessions.session_key,
        sessions.device_type,
        sessions.channel,
        sessions.campaign_id
    from {{ ref('int_orders_in_sessions') }} as placed
    inner join {{ ref('int_web_sessions_sourced') }} as sessions
        on placed.session_key = sessions.session_key
    where
        {{ touched('placed.customer_key') }}
        and {{ touched('sessions.customer_key') }}
),

contacts as (
    select
        identified.interaction_id,
        identified.source,
        identified.event_name,
        identified.occurred_at,
        identified.customer_key,
        coalesce(order_sessions.channel, identified.channel) as channel,
        coalesce(identified.campaign_id, order_sessions.campaign_id) as campaign_id,
        order_sessions.session_key,
        order_sessions.device_type,
        identified.place,
        identified.product_id,
        identified.revenue_amount,
        identified.cost_amount
    from {{ touched_contacts(ref('int_contacts_identified')) }} as identified
    left join order_sessions
        on identified.interaction_id = order_sessions.interaction_id
    union all
    select web_contacts.*
    from {{ ref('int_web_contacts') }} as web_contacts
    where {{ touched('web_contacts.customer_key') }}
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
        contacts.interaction_id,
        contacts.customer_key,
        contacts.source,
        event_names.rule_name as event_name,
        event_names.touchpoint,
        event_names.phase,
        event_names.direction,
        event_names.stage_signal,
        contacts.channel,
        contacts.campaign_id,
        contacts.session_key,
        contacts.device_type,
        contacts.place,
        contacts.product_id,
        spells.stage,
        cast(spells.cycle_number as bigint) as cycle_number,
        cast(spells.spell_number as bigint) as spell_number,
        event_names.friction_weight,
        contacts.revenue_amount,
        contacts.cost_amount,
        contacts.occurred_at
    from contacts
    inner join {{ ref('int_event_names_mapped') }} as event_names
        on
            contacts.source = event_names.source
            and contacts.event_name = event_names.event_name
    inner join spells
        on
            contacts.customer_key = spells.customer_key
            and contacts.occurred_at >= spells.entered_at
            and contacts.occurred_at < spells.left_at
)

select * from final
