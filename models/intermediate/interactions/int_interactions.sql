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

-- Who gave a number is that customer, on whichever device. What names neither a number
-- nor a device is nobody's: `identity_quality` counts it.
named as (
    select
        contacts.interaction_id,
        contacts.source,
        contacts.event_name,
        contacts.occurred_at,
        coalesce(customers.customer_key, devices.customer_key) as customer_key,
        coalesce(channels.channel, contacts.channel_word) as channel,
        contacts.campaign_id,
        cast(null as varchar) as session_key,
        cast(null as varchar) as device_type,
        contacts.place,
        contacts.product_id,
        contacts.revenue_amount,
        contacts.cost_amount
    from contacts
    left join {{ ref('int_identifiers_resolved') }} as customers
        on
            contacts.customer_id = customers.identifier
            and customers.kind = 'customer_id'
    left join {{ ref('int_identifiers_resolved') }} as devices
        on
            contacts.anonymous_id = devices.identifier
            and devices.kind = 'anonymous_id'
    left join {{ ref('channel_names') }} as channels
        on contacts.channel_word = channels.word
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
