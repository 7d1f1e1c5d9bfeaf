{#-
    Grain: one row per web event on a known page that was a click with a place or an
    element, or that says how far down the page the visitor had come. The page has no
    query string, and no e-mail address in its path: these name people.
-#}
{{ config(
    materialized='incremental',
    incremental_strategy='touched_people',
) }}
{%- set grid = var('heatmap_grid', 20) -%}
with

events as (
    select
        web_events.event_id,
        web_events.occurred_at,
        web_events.anonymous_id,
        web_events.customer_id,
        web_events.page_url,
        coalesce(lower(web_events.device_type), 'unknown') as device_type,
        web_events.element_id,
        web_events.click_x,
        web_events.click_y,
        web_events.viewport_width,
        web_events.viewport_height,
        web_events.scroll_depth,
        (web_events.click_x is not null and web_events.click_y is not null)
        or (
            web_events.element_id is not null
            and {{ has_substring('lower(web_events.event_name)', "'click'") }}
        ) as is_click
    from {{ ref('stg_web__web_events') }} as web_events
    where
        {{ touched_contact('web_events') }}
        and web_events.page_url is not null
        and (
            web_events.click_x is not null
            or web_events.element_id is not null
            or web_events.scroll_depth is not null
        )
),

-- There are fewer addresses than events: the patterns meet each address once.
urls as (
    select events.page_url
    from events
    group by events.page_url
),

pages as (
    select
        urls.page_url,
        coalesce({{ url_host('urls.page_url') }}, '') || {{ url_path('urls.page_url') }}
            as page
    from urls
),

located as (
    select
        events.event_id,
        events.occurred_at,
        events.anonymous_id,
        coalesce(customers.customer_key, devices.customer_key) as customer_key,
        pages.page,
        events.device_type,
        events.is_click,
        {{ mask_emails('events.element_id') }} as element_id,
        case when events.is_click then events.click_x end
        / nullif(events.viewport_width, 0) as screens_across,
        case when events.is_click then events.click_y end
        / nullif(events.viewport_height, 0) as screens_down,
        events.scroll_depth
    from events
    inner join pages on events.page_url = pages.page_url
    left join {{ ref('int_identifiers_resolved') }} as customers
        on
            events.customer_id = customers.identifier
            and customers.kind = 'customer_id'
    left join {{ ref('int_identifiers_resolved') }} as devices
        on
            events.anonymous_id = devices.identifier
            and devices.kind = 'anonymous_id'
    where pages.page <> ''
),

-- A click beyond the edge, as on a border, is in the cell at the edge. Below the first
-- screen the rows go on, for a hundred screens.
placed as (
    select
        located.event_id,
        located.occurred_at,
        located.anonymous_id,
        located.customer_key,
        located.page,
        located.device_type,
        located.is_click,
        located.element_id,
        cast(
            case
                when located.screens_across < 0 then 0
                when located.screens_across >= 1 then {{ grid - 1 }}
                else floor({{ grid }} * located.screens_across)
            end as integer
        ) as grid_column,
        cast(
            case
                when located.screens_down < 0 then 0
                when located.screens_down >= 100 then {{ 100 * grid - 1 }}
                else floor({{ grid }} * located.screens_down)
            end as integer
        ) as grid_row,
        located.scroll_depth
    from located
)

select * from placed
