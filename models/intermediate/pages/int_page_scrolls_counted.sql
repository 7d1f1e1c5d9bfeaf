{#-
    Grain: one row per page, device type and tenth of the page's height. A view is a
    device's day on the page, at its deepest: trackers that report a depth once and
    those that report it as it grows come out alike.
-#}
with

views as (
    select
        events.page,
        events.device_type,
        events.anonymous_id,
        {{ reporting_date('events.occurred_at') }} as view_date,
        max(events.scroll_depth) as scroll_depth
    from {{ ref('int_page_events_placed') }} as events
    where events.scroll_depth is not null
    group by
        events.page,
        events.device_type,
        events.anonymous_id,
        {{ reporting_date('events.occurred_at') }}
),

depths as (
    select
        views.page,
        views.device_type,
        floor(views.scroll_depth / 10) as tenth_reached,
        count(*) as n_views
    from views
    group by views.page, views.device_type, floor(views.scroll_depth / 10)
),

tenths as (
    {% for tenth in range(1, 11) -%}
    select {{ tenth }} as tenth
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

counted as (
    select
        depths.page,
        depths.device_type,
        10 * tenths.tenth as scroll_percent,
        cast(sum(depths.n_views) as bigint) as n_views,
        cast(
            sum(
                case
                    when depths.tenth_reached >= tenths.tenth then depths.n_views
                    else 0
                end
            ) as bigint
        ) as n_reached
    from depths
    cross join tenths
    group by depths.page, depths.device_type, tenths.tenth
)

select * from counted
