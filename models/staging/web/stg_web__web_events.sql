{#- Grain: one row per web event, accepted. -#}
with

raw_web_events as (
    select * from {{ ref('base_web__web_events') }}
),

accepted as (
    select
        raw_web_events.event_id,
        raw_web_events.occurred_at,
        raw_web_events.anonymous_id,
        raw_web_events.event_name,
        raw_web_events.customer_id,
        raw_web_events.page_url,
        raw_web_events.referrer,
        raw_web_events.utm_source,
        raw_web_events.utm_medium,
        raw_web_events.utm_campaign,
        raw_web_events.utm_content,
        raw_web_events.utm_term,
        raw_web_events.device_type,
        raw_web_events.country,
        raw_web_events.user_agent,
        raw_web_events.element_id,
        raw_web_events.click_x,
        raw_web_events.click_y,
        raw_web_events.viewport_width,
        raw_web_events.viewport_height,
        raw_web_events.scroll_depth,
        raw_web_events.product_id,
        raw_web_events.search_term,
        raw_web_events.received_at
    from raw_web_events
    where raw_web_events.row_status = 'accepted'
)

select * from accepted
