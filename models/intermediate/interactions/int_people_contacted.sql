{#-
    Grain: one row per person with a contact. How and when each was first met, by whom
    they came, and the latest contact.
-#}
{{ config(
    materialized='incremental',
    incremental_strategy='touched_people',
) }}

with

contacts as (
    select
        interactions.customer_key,
        interactions.touchpoint,
        interactions.channel,
        interactions.campaign_id,
        interactions.occurred_at,
        row_number() over (
            partition by interactions.customer_key
            order by interactions.occurred_at, interactions.interaction_id
        ) as contact_rank
    from {{ ref('fct_interactions') }} as interactions
    where {{ touched('interactions.customer_key') }}
),

totals as (
    select
        interactions.customer_key,
        min(interactions.occurred_at) as first_contact_at,
        max(interactions.occurred_at) as last_contact_at,
        max(
            case
                when interactions.direction = 'inbound' then interactions.occurred_at
            end
        ) as last_inbound_at,
        count(*) as n_interactions
    from {{ ref('fct_interactions') }} as interactions
    where {{ touched('interactions.customer_key') }}
    group by interactions.customer_key
),

people as (
    select
        totals.customer_key,
        contacts.touchpoint as acquisition_touchpoint,
        contacts.channel as acquisition_channel,
        contacts.campaign_id as acquisition_campaign_id,
        totals.n_interactions,
        totals.first_contact_at,
        totals.last_contact_at,
        totals.last_inbound_at
    from totals
    inner join contacts
        on
            totals.customer_key = contacts.customer_key
            and contacts.contact_rank = 1
)

select * from people
