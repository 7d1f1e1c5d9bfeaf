{#-
    Grain: one row per spell: an unbroken stay of a person in a stage. With the contacts
    that found the person in it.
-#}
{{ config(
    materialized='incremental',
    incremental_strategy='touched_people',
) }}

with

spells as (
    select all_spells.*
    from {{ ref('int_stage_spells') }} as all_spells
    where {{ touched('all_spells.customer_key') }}
),

-- First by channel: counting few distinct values of many rows is dear otherwise.
contacts_by_channel as (
    select
        interactions.customer_key,
        interactions.spell_number,
        interactions.channel,
        count(*) as n_interactions,
        count(case when interactions.direction = 'inbound' then 1 end) as n_inbound,
        sum(cast(interactions.friction_weight as decimal(18, 4))) as friction,
        sum(interactions.revenue_amount) as revenue_amount
    from {{ ref('fct_interactions') }} as interactions
    where {{ touched('interactions.customer_key') }}
    group by
        interactions.customer_key,
        interactions.spell_number,
        interactions.channel
),

contacts as (
    select
        contacts_by_channel.customer_key,
        contacts_by_channel.spell_number,
        sum(contacts_by_channel.n_interactions) as n_interactions,
        sum(contacts_by_channel.n_inbound) as n_inbound,
        count(contacts_by_channel.channel) as n_channels,
        sum(contacts_by_channel.friction) as friction,
        sum(contacts_by_channel.revenue_amount) as revenue_amount
    from contacts_by_channel
    group by contacts_by_channel.customer_key, contacts_by_channel.spell_number
),

final as (
    select
        {{ dbt.hash(dbt.concat([
            'spells.customer_key', "'/'", 'cast(spells.spell_number as varchar)'
        ])) }} as spell_key,
        spells.customer_key,
        spells.spell_number,
        spells.cycle_number,
        spells.stage,
        spells.exit_stage,
        spells.exited_at is null as is_open,
        {{ days_between('spells.entered_at', 'spells.exited_at') }} as days,
        cast(coalesce(contacts.n_interactions, 0) as bigint) as n_interactions,
        cast(coalesce(contacts.n_inbound, 0) as bigint) as n_inbound,
        coalesce(contacts.n_channels, 0) as n_channels,
        cast(coalesce(contacts.friction, 0) as double) as friction,
        cast(coalesce(contacts.revenue_amount, 0) as decimal(18, 4)) as revenue_amount,
        spells.entered_at,
        spells.exited_at,
        spells.due_at
    from spells
    left join contacts
        on
            spells.customer_key = contacts.customer_key
            and spells.spell_number = contacts.spell_number
)

select * from final
