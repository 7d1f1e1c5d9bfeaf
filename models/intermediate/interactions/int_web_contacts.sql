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
    select
        measured.session_key,
        measured.device_type,
        coalesce(sources.channel, 'Direct') as channel,
        {{ mask_emails('sources.campaign') }} as campaign_id
    from {{ ref('int_web_sessions_measured') }} as measured
    left join {{ ref('int_traffic_sources_grouped') }} as sources
        on measured.traffic_source_key = sources.traffic_source_key
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
