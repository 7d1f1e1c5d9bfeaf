{#- Grain: one row per chat, accepted. -#}
with

raw_chat_conversations as (
    select * from {{ ref('base_service__chat_conversations') }}
),

accepted as (
    select
        raw_chat_conversations.conversation_id,
        raw_chat_conversations.started_at,
        raw_chat_conversations.customer_id,
        raw_chat_conversations.anonymous_id,
        raw_chat_conversations.ended_at,
        raw_chat_conversations.handled_by,
        raw_chat_conversations.is_resolved,
        raw_chat_conversations.escalated_at,
        raw_chat_conversations.intent,
        raw_chat_conversations.message_count
    from raw_chat_conversations
    where raw_chat_conversations.row_status = 'accepted'
)

select * from accepted
