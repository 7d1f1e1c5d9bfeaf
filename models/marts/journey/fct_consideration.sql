{#-
    Grain: one row per person and cycle with a stay in consideration. What was looked
    at, and how often a checkout came to nothing.
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
        all_stages.stage = 'consideration'
        and {{ touched('all_stages.customer_key') }}
),

-- Who falls back from a checkout falls back into consideration.
fallbacks as (
    select
        spells.customer_key,
        spells.cycle_number,
        count(*) as n_abandoned_checkouts
    from {{ ref('int_stage_spells') }} as spells
    where
        spells.stage = 'consideration'
        and spells.previous_stage = 'purchase'
        and {{ touched('spells.customer_key') }}
    group by spells.customer_key, spells.cycle_number
),

contacts_by_channel as (
    select
        contacts.customer_key,
        contacts.cycle_number,
        contacts.channel,
        count(*) as n_contacts,
        count(case when contacts.direction = 'inbound' then 1 end) as n_inbound,
        count(case when contacts.touchpoint = 'product_viewed' then 1 end)
            as n_product_views,
        count(case when contacts.touchpoint = 'product_searched' then 1 end)
            as n_searches,
        count(case when contacts.touchpoint = 'cart_added' then 1 end) as n_carts
    from {{ ref('fct_interactions') }} as contacts
    where
        contacts.stage = 'consideration'
        and {{ touched('contacts.customer_key') }}
    group by contacts.customer_key, contacts.cycle_number, contacts.channel
),

counts as (
    select
        contacts_by_channel.customer_key,
        contacts_by_channel.cycle_number,
        sum(contacts_by_channel.n_contacts) as n_contacts,
        sum(contacts_by_channel.n_product_views) as n_product_views,
        sum(contacts_by_channel.n_searches) as n_searches,
        sum(contacts_by_channel.n_carts) as n_carts,
        count(
            case
                when contacts_by_channel.n_inbound > 0
                    then contacts_by_channel.channel
            end
        ) as n_channels
    from contacts_by_channel
    group by contacts_by_channel.customer_key, contacts_by_channel.cycle_number
),

final as (
    select
        stages.customer_key,
        stages.cycle_number,
        stages.to_stage,
        cast(coalesce(counts.n_contacts, 0) as bigint) as n_contacts,
        cast(coalesce(counts.n_product_views, 0) as bigint) as n_product_views,
        cast(coalesce(counts.n_searches, 0) as bigint) as n_searches,
        cast(coalesce(counts.n_carts, 0) as bigint) as n_carts,
        coalesce(fallbacks.n_abandoned_checkouts, 0) as n_abandoned_checkouts,
        coalesce(counts.n_channels, 0) as n_channels,
        stages.days,
        stages.is_open,
        stages.entered_at,
        stages.left_at
    from stages
    left join counts
        on
            stages.customer_key = counts.customer_key
            and stages.cycle_number = counts.cycle_number
    left join fallbacks
        on
            stages.customer_key = fallbacks.customer_key
            and stages.cycle_number = fallbacks.cycle_number
)

select * from final
