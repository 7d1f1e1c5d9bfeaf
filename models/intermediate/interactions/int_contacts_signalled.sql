{#-
    Grain: one row per contact between a person and the business. What the rules of the
    stages read of it, and no more: `fct_interactions` has the rest, and the stage.
-#}
{{ config(
    materialized='incremental',
    incremental_strategy='touched_people',
) }}

with

contacts as (
    {% for model in contact_models() -%}
    select
        contacts.customer_id,
        contacts.anonymous_id,
        contacts.source,
        contacts.event_name,
        contacts.occurred_at
    from {{ touched_contacts(ref(model)) }} as contacts
    where coalesce(contacts.customer_id, contacts.anonymous_id) is not null
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

all_contacts as (
    select
        {{ joined_person() }} as customer_key,
        contacts.source,
        contacts.event_name,
        contacts.occurred_at
    from contacts
    {{ join_person('contacts') }}
    union all
    select
        web_events.customer_key,
        'web_events' as source,
        web_events.event_name,
        web_events.occurred_at
    from {{ ref('int_web_sessions_assigned') }} as web_events
    where {{ touched('web_events.customer_key') }}
),

signalled as (
    select
        all_contacts.customer_key,
        event_names.direction,
        event_names.stage_signal,
        all_contacts.occurred_at
    from all_contacts
    inner join {{ ref('int_event_names_mapped') }} as event_names
        on
            all_contacts.source = event_names.source
            and all_contacts.event_name = event_names.event_name
)

select * from signalled
