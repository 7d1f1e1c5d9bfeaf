{#-
    Grain: one row per moment of a ticket or chat, and per survey sent and answered. A
    ticket is overdue from the moment at which its first answer should have been there,
    not from its opening: nobody could know then.
-#}
{{ config(materialized='view') }}
with

tickets as (
    select * from {{ ref('int_tickets_described') }}
),

surveys as (
    select * from {{ ref('int_survey_answers_typed') }}
),

moments as (
    select
        'support_tickets:' || tickets.ticket_id as interaction_id,
        'support_tickets' as source,
        case
            when tickets.is_about_delivery then 'ticket_delivery'
            else 'ticket_opened'
        end as event_name,
        tickets.opened_at as occurred_at,
        tickets.customer_id,
        cast(null as varchar) as anonymous_id,
        'support' as channel_word
    from tickets
    union all
    select
        'support_tickets:' || tickets.ticket_id || ':overdue' as interaction_id,
        'support_tickets' as source,
        'ticket_overdue' as event_name,
        tickets.answer_due_at as occurred_at,
        tickets.customer_id,
        cast(null as varchar) as anonymous_id,
        'support' as channel_word
    from tickets
    cross join {{ ref('int_as_of') }} as as_of
    where
        tickets.answer_due_at <= as_of.as_of_at
        and (
            tickets.answered_at is null or tickets.answered_at > tickets.answer_due_at
        )
    union all
    select
        'support_tickets:' || tickets.ticket_id || ':resolved' as interaction_id,
        'support_tickets' as source,
        'ticket_resolved' as event_name,
        tickets.resolved_at as occurred_at,
        tickets.customer_id,
        cast(null as varchar) as anonymous_id,
        'support' as channel_word
    from tickets
    where tickets.resolved_at is not null
    union all
    select
        'chat_conversations:' || chats.conversation_id as interaction_id,
        'chat_conversations' as source,
        'chat_started' as event_name,
        chats.started_at as occurred_at,
        chats.customer_id,
        chats.anonymous_id,
        'chat' as channel_word
    from {{ ref('stg_service__chat_conversations') }} as chats
    union all
    select
        'chat_conversations:' || chats.conversation_id || ':unresolved'
            as interaction_id,
        'chat_conversations' as source,
        'chat_unresolved' as event_name,
        coalesce(chats.ended_at, chats.started_at) as occurred_at,
        chats.customer_id,
        chats.anonymous_id,
        'chat' as channel_word
    from {{ ref('stg_service__chat_conversations') }} as chats
    where not chats.is_resolved
    union all
    select
        'survey_responses:' || surveys.response_id || ':sent' as interaction_id,
        'survey_responses' as source,
        'survey_sent' as event_name,
        surveys.sent_at as occurred_at,
        surveys.customer_id,
        cast(null as varchar) as anonymous_id,
        'survey' as channel_word
    from surveys
    where surveys.sent_at is not null
    union all
    select
        'survey_responses:' || surveys.response_id as interaction_id,
        'survey_responses' as source,
        case
            when surveys.survey_type = 'nps' and surveys.score >= 9
                then 'survey_promoter'
            when surveys.survey_type = 'nps' and surveys.score <= 6
                then 'survey_detractor'
            when surveys.survey_type = 'csat' and surveys.score <= 2
                then 'survey_unhappy'
            when surveys.survey_type = 'ces' and surveys.score <= 3
                then 'survey_unhappy'
            else 'survey_answered'
        end as event_name,
        surveys.responded_at as occurred_at,
        surveys.customer_id,
        cast(null as varchar) as anonymous_id,
        'survey' as channel_word
    from surveys
)

select
    moments.interaction_id,
    moments.source,
    moments.event_name,
    moments.occurred_at,
    moments.customer_id,
    moments.anonymous_id,
    cast(null as varchar) as campaign_id,
    moments.channel_word,
    cast(null as varchar) as place,
    cast(null as varchar) as product_id,
    cast(null as decimal(18, 4)) as revenue_amount,
    cast(
        {% if var('service_costs') -%}
        case moments.event_name
            {% for touchpoint, cost in var('service_costs').items() -%}
            when '{{ touchpoint }}' then {{ cost }}
            {% endfor -%}
        end
        {%- else -%}
        null
        {%- endif %} as decimal(18, 4)
    ) as cost_amount
from moments
