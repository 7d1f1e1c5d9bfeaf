{#-
    Grain: one row per inbound contact in another channel than the person's inbound
    contact before it, in the same cycle.
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
        {{ signal_rank('interactions.stage_signal') }} as signal_rank,
        interactions.touchpoint,
        coalesce(interactions.channel, 'unknown') as channel
    from {{ ref('fct_interactions') }} as interactions
    where
        interactions.direction = 'inbound'
        and {{ touched('interactions.customer_key') }}
),

-- Contacts that agree in all that orders them are alike here, whichever comes first.
followed as (
    select
        contacts.customer_key,
        contacts.channel,
        contacts.occurred_at,
        lag(contacts.channel) over in_order as previous_channel,
        lag(contacts.occurred_at) over in_order as previous_at
    from contacts
    window in_order as (
        partition by contacts.customer_key, contacts.cycle_number
        order by
            contacts.occurred_at,
            contacts.signal_rank,
            contacts.touchpoint,
            contacts.channel
    )
),

changed as (
    select
        followed.customer_key,
        followed.previous_channel as from_channel,
        followed.channel as to_channel,
        24 * {{ days_between('followed.previous_at', 'followed.occurred_at') }} as hours
    from followed
    where followed.channel <> followed.previous_channel
)

select * from changed
