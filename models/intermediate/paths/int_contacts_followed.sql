{#-
    Grain: one row per inbound contact that differs from the person's inbound contact
    before it, in the same cycle, by touchpoint, channel or device. The one pass over
    the interactions in their order; paths, hand-overs and mixes are made of it.
-#}
{{ config(
    materialized='incremental',
    incremental_strategy='touched_people',
) }}
with

contacts as (
    select
        interactions.customer_key,
        interactions.cycle_number,
        interactions.occurred_at,
        interactions.interaction_id,
        interactions.touchpoint,
        coalesce(interactions.channel, 'unknown') as channel,
        interactions.device_type
    from {{ ref('fct_interactions') }} as interactions
    where
        interactions.direction = 'inbound'
        and {{ touched('interactions.customer_key') }}
),

followed as (
    select
        contacts.customer_key,
        contacts.cycle_number,
        contacts.occurred_at,
        contacts.interaction_id,
        contacts.touchpoint,
        contacts.channel,
        contacts.device_type,
        lag(contacts.touchpoint) over in_order as previous_touchpoint,
        lag(contacts.channel) over in_order as previous_channel,
        lag(contacts.device_type) over in_order as previous_device_type,
        lag(contacts.occurred_at) over in_order as previous_at
    from contacts
    window in_order as (
        partition by contacts.customer_key, contacts.cycle_number
        order by contacts.occurred_at, contacts.interaction_id
    )
),

changes as (
    select
        followed.customer_key,
        followed.cycle_number,
        followed.occurred_at,
        followed.interaction_id,
        followed.touchpoint,
        followed.channel,
        followed.device_type,
        followed.previous_touchpoint,
        followed.previous_channel,
        followed.previous_at
    from followed
    where
        followed.previous_at is null
        or followed.touchpoint <> followed.previous_touchpoint
        or followed.channel <> followed.previous_channel
        or coalesce(followed.device_type, '')
        <> coalesce(followed.previous_device_type, '')
)

select * from changes
