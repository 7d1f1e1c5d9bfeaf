{#-
    Grain: one row per page, device type and tenth of the page's height. A view is an
    event with a scroll depth. Trackers that report the depth as it grows, in events
    named after scrolling, report many for one view: of these, the deepest of a device's
    day on the page counts.
-#}
{%- set is_report = has_substring('lower(web_events.event_name)', "'scroll'") -%}
with

view_depths as (
    select
        web_events.page_url,
        web_events.device_type,
        floor(web_events.scroll_depth / 10) as tenth_reached,
        count(*) as n_views
    from {{ ref('stg_web__web_events') }} as web_events
    where
        web_events.page_url is not null
        and web_events.scroll_depth is not null
        and not {{ is_report }}
    group by
        web_events.page_url,
        web_events.device_type,
        floor(web_events.scroll_depth / 10)
),

reports as (
    select
        web_events.page_url,
        web_events.device_type,
        web_events.anonymous_id,
        {{ reporting_date('web_events.occurred_at') }} as view_date,
        floor(max(web_events.scroll_depth) / 10) as tenth_reached
    from {{ ref('stg_web__web_events') }} as web_events
    where
        web_events.page_url is not null
        and web_events.scroll_depth is not null
        and {{ is_report }}
    group by
        web_events.page_url,
        web_events.device_type,
        web_events.anonymous_id,
        {{ reporting_date('web_events.occurred_at') }}
),

depths as (
    select * from view_depths
    union all
    select
        reports.page_url,
        reports.device_type,
        reports.tenth_reached,
        count(*) as n_views
    from reports
    group by reports.page_url, reports.device_type, reports.tenth_reached
),

urls as (
    select depths.page_url
    from depths
    group by depths.page_url
),

pages as (
    select
        urls.page_url,
        {{ page_of_url('urls.page_url') }} as page
    from urls
),

page_depths as (
    select
        pages.page,
        coalesce(lower(depths.device_type), 'unknown') as device_type,
        depths.tenth_reached,
        sum(depths.n_views) as n_views
    from depths
    inner join pages on depths.page_url = pages.page_url
    where pages.page <> ''
    group by
        pages.page,
        coalesce(lower(depths.device_type), 'unknown'),
        depths.tenth_reached
),

tenths as (
    {% for tenth in range(1, 11) -%}
    select {{ tenth }} as tenth
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

counted as (
    select
        page_depths.page,
        page_depths.device_type,
        10 * tenths.tenth as scroll_percent,
        cast(sum(page_depths.n_views) as bigint) as n_views,
        cast(
            sum(
                case
                    when page_depths.tenth_reached >= tenths.tenth
                        then page_depths.n_views
                    else 0
                end
            ) as bigint
        ) as n_reached
    from page_depths
    cross join tenths
    group by page_depths.page, page_depths.device_type, tenths.tenth
)

select * from counted
