{#-
    Grain: one row per web or app event. Each has the device, the channel and the
    campaign of its session.
-#}
{{ config(materialized='view') }}
with

events as (
    select * from {{ ref('int_web_sessions_assigned') }}
),

sessions as (
    select * from {{ ref('int_web_sessions_sourced') }}
),

contacts as (
    select
        'web_events:' || events.event_id as interaction_id,
        'web_events' as source,
        events.event_name,
        events.occurred_at,
        events.customer_key,
        sessions.channel,
        sessions.campaign_id,
        events.session_key,
        sessions.device_type,
        cast(null as varchar) as place,
        events.product_id,
        cast(null as decimal(18, 4)) as revenue_amount,
        cast(null as decimal(18, 4)) as cost_amount
    from events
    inner join sessions on events.session_key = sessions.session_key
)

select * from contacts
