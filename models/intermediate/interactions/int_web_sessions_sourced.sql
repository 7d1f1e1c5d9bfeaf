{#-
    Grain: one row per web session. Where it came from, as reports name it: `(direct)`
    without a source, `(not set)` where its tags leave a word out.
-#}
{{ config(materialized='view') }}
with

sessions as (
    select
        measured.session_key,
        measured.customer_key,
        measured.anonymous_id,
        coalesce(sources.channel, 'Direct') as channel,
        case
            when sources.traffic_source_key is null then '(direct)'
            else coalesce({{ mask_emails('sources.source') }}, '(not set)')
        end as source,
        case
            when sources.traffic_source_key is null then '(none)'
            else coalesce({{ mask_emails('sources.medium') }}, '(not set)')
        end as medium,
        {{ mask_emails('sources.campaign') }} as campaign_id,
        measured.landing_page,
        measured.exit_page,
        measured.device_type,
        measured.country,
        measured.n_events,
        measured.n_page_views,
        measured.started_at,
        measured.ended_at
    from {{ ref('int_web_sessions_measured') }} as measured
    left join {{ ref('int_traffic_sources_grouped') }} as sources
        on measured.traffic_source_key = sources.traffic_source_key
)

select * from sessions
