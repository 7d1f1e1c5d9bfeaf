{#-
    Grain: one row per page, device type and element, grid cell or tenth of the page,
    and one for the clicks in no cell. Where people click, where they click again and
    again in vain, how far they scroll.
-#}
with

cells as (
    select
        clicks.page,
        clicks.device_type,
        clicks.kind,
        clicks.element_id,
        clicks.grid_column,
        clicks.grid_row,
        cast(null as integer) as scroll_percent,
        clicks.n_clicks,
        clicks.n_rage_clicks,
        clicks.n_people,
        cast(null as bigint) as n_views,
        cast(null as bigint) as n_reached
    from {{ ref('int_page_clicks_counted') }} as clicks
    union all
    select
        scrolls.page,
        scrolls.device_type,
        'scroll' as kind,
        cast(null as {{ dbt.type_string() }}) as element_id,
        cast(null as integer) as grid_column,
        cast(null as integer) as grid_row,
        scrolls.scroll_percent,
        cast(null as bigint) as n_clicks,
        cast(null as bigint) as n_rage_clicks,
        cast(null as bigint) as n_people,
        scrolls.n_views,
        scrolls.n_reached
    from {{ ref('int_page_scrolls_counted') }} as scrolls
),

final as (
    select
        cells.page,
        cells.device_type,
        cells.kind,
        cells.element_id,
        cells.grid_column,
        cells.grid_row,
        cells.scroll_percent,
        cells.n_clicks,
        cells.n_rage_clicks,
        cast(cells.n_rage_clicks as double) / nullif(cells.n_clicks, 0)
            as rage_click_rate,
        {{ wilson_bound('cells.n_rage_clicks', 'cells.n_clicks', 'lower') }}
            as rage_click_rate_lower,
        {{ wilson_bound('cells.n_rage_clicks', 'cells.n_clicks', 'upper') }}
            as rage_click_rate_upper,
        cells.n_people,
        cells.n_views,
        cells.n_reached,
        cast(cells.n_reached as double) / nullif(cells.n_views, 0) as reach_rate,
        {{ wilson_bound('cells.n_reached', 'cells.n_views', 'lower') }}
            as reach_rate_lower,
        {{ wilson_bound('cells.n_reached', 'cells.n_views', 'upper') }}
            as reach_rate_upper
    from cells
)

select * from final
