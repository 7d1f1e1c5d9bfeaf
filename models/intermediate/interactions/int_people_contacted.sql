{#-
    Grain: one row per person with a contact. How and when each was first met, by whom
    they came, and the latest contact.
-#}
{{ config(
    materialized='incremental',
    incremental_strategy='touched_people',
) }}

with

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

-- Few are at the first instant of a person: only those are put in order.
first_contacts as (
    select
        interactions.customer_key,
        interactions.touchpoint,
        interactions.channel,
        interactions.campaign_id,
        row_number() over (
            partition by interactions.customer_key
            order by interactions.interaction_id
        ) as contact_rank
    from {{ ref('fct_interactions') }} as interactions
    inner join totals
        on
            interactions.customer_key = totals.customer_key
            and interactions.occurred_at = totals.first_contact_at
    where {{ touched('interactions.customer_key') }}
),

people as (
    select
        totals.customer_key,
        first_contacts.touchpoint as acquisition_touchpoint,
        first_contacts.channel as acquisition_channel,
        first_contacts.campaign_id as acquisition_campaign_id,
        totals.n_interactions,
        totals.first_contact_at,
        totals.last_contact_at,
        totals.last_inbound_at
    from totals
    inner join first_contacts
        on
            totals.customer_key = first_contacts.customer_key
            and first_contacts.contact_rank = 1
)

select * from people
