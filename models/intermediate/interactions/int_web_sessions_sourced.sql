{#-
    Grain: one row per web session. What everything that happens in it takes from it:
    the device, the channel and the campaign.
-#}
{{ config(materialized='view') }}
with

sessions as (
    select
        measured.session_key,
        measured.customer_key,
        measured.device_type,
        coalesce(sources.channel, 'Direct') as channel,
        {{ mask_emails('sources.campaign') }} as campaign_id
    from {{ ref('int_web_sessions_measured') }} as measured
    left join {{ ref('int_traffic_sources_grouped') }} as sources
        on measured.traffic_source_key = sources.traffic_source_key
)

select * from sessions
