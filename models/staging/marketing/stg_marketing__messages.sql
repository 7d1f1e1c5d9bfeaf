{#- Grain: one row per message event, accepted. -#}
with

raw_messages as (
    select * from {{ ref('base_marketing__messages') }}
),

accepted as (
    select
        raw_messages.event_id,
        raw_messages.occurred_at,
        raw_messages.customer_id,
        raw_messages.event_name,
        raw_messages.message_id,
        raw_messages.campaign_id,
        raw_messages.message_channel,
        raw_messages.received_at
    from raw_messages
    where raw_messages.row_status = 'accepted'
)

select * from accepted
