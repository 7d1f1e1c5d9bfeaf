{#-
    Grain: one row per person who was only aware of us at first, and cycle, which is
    always the first. What reached them, and how long it took them to look closer.
-#}
{{ config(
    materialized='incremental',
    incremental_strategy='touched_people',
) }}

with

stages as (
    select all_stages.*
    from {{ ref('int_cycle_stages') }} as all_stages
    where
        all_stages.stage = 'awareness'
        and {{ touched('all_stages.customer_key') }}
),

contacts as (
    select all_contacts.*
    from {{ ref('fct_interactions') }} as all_contacts
    where
        all_contacts.stage = 'awareness'
        and {{ touched('all_contacts.customer_key') }}
),

ranked_contacts as (
    select
        contacts.customer_key,
        contacts.touchpoint,
        contacts.channel,
        contacts.campaign_id,
        row_number() over (
            partition by contacts.customer_key
            order by contacts.interaction_id asc
        ) as contact_rank
    from contacts
    inner join stages
        on
            contacts.customer_key = stages.customer_key
            and contacts.occurred_at = stages.entered_at
),

contacts_by_channel as (
    select
        contacts.customer_key,
        contacts.channel,
        count(*) as n_contacts,
        count(case when contacts.direction = 'outbound' then 1 end) as n_outbound
    from contacts
    group by contacts.customer_key, contacts.channel
),

counts as (
    select
        contacts_by_channel.customer_key,
        sum(contacts_by_channel.n_contacts) as n_contacts,
        sum(contacts_by_channel.n_outbound) as n_outbound,
        count(contacts_by_channel.channel) as n_channels
    from contacts_by_channel
    group by contacts_by_channel.customer_key
),

final as (
    select
        stages.customer_key,
        stages.cycle_number,
        stages.to_stage,
        ranked_contacts.touchpoint as first_touchpoint,
        ranked_contacts.channel as first_channel,
        ranked_contacts.campaign_id as first_campaign_id,
        cast(counts.n_contacts as bigint) as n_contacts,
        cast(counts.n_outbound as bigint) as n_outbound,
        counts.n_channels,
        stages.days,
        stages.is_open,
        stages.entered_at,
        stages.left_at
    from stages
    inner join counts on stages.customer_key = counts.customer_key
    inner join ranked_contacts
        on
            stages.customer_key = ranked_contacts.customer_key
            and ranked_contacts.contact_rank = 1
)

select * from final
