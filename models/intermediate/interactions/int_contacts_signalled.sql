{#-
    Grain: one row per contact between a person and the business. All sources in one
    form, with the person, the touchpoint and the channel.
-#}
{{ config(
    materialized='incremental',
    incremental_strategy='touched_people',
) }}

with

contacts as (
    {% for model in contact_models() -%}
    select contacts.*
    from {{ ref(model) }} as contacts
    where {{ touched_contact('contacts') }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

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

-- What names neither a number nor a device is nobody's: `identity_quality` counts it.
named as (
    select
        contacts.interaction_id,
        contacts.source,
        contacts.event_name,
        contacts.occurred_at,
        {{ joined_person() }} as customer_key,
        coalesce(
            order_sessions.channel, channels.channel, contacts.channel_word
        ) as channel,
        coalesce(contacts.campaign_id, order_sessions.campaign_id) as campaign_id,
        order_sessions.session_key,
        order_sessions.device_type,
        contacts.place,
        contacts.product_id,
        contacts.revenue_amount,
        contacts.cost_amount
    from contacts
    {{ join_person('contacts') }}
    left join {{ ref('channel_names') }} as channels
        on contacts.channel_word = channels.word
    left join order_sessions
        on contacts.interaction_id = order_sessions.interaction_id
    where coalesce(contacts.customer_id, contacts.anonymous_id) is not null
),

all_contacts as (
    select * from named
    union all
    select web_contacts.*
    from {{ ref('int_web_contacts') }} as web_contacts
    where {{ touched('web_contacts.customer_key') }}
),

interactions as (
    select
        all_contacts.interaction_id,
        all_contacts.customer_key,
        all_contacts.source,
        event_names.rule_name as event_name,
        event_names.touchpoint,
        event_names.phase,
        event_names.direction,
        event_names.stage_signal,
        all_contacts.channel,
        all_contacts.campaign_id,
        all_contacts.session_key,
        all_contacts.device_type,
        all_contacts.place,
        all_contacts.product_id,
        event_names.friction_weight,
        all_contacts.revenue_amount,
        all_contacts.cost_amount,
        all_contacts.occurred_at
    from all_contacts
    inner join {{ ref('int_event_names_mapped') }} as event_names
        on
            all_contacts.source = event_names.source
            and all_contacts.event_name = event_names.event_name
)

select * from interactions
