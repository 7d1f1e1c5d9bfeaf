{#-
    Grain: one row per page, device type and element, per page, device type and cell of
    the grid, and per page and device type for the clicks in no cell, of which the place
    or the viewport is not known.
-#}
with

elements as (
    select
        clicks.page,
        clicks.device_type,
        'element' as kind,
        clicks.element_id,
        cast(null as integer) as grid_column,
        cast(null as integer) as grid_row,
        count(*) as n_clicks,
        count(case when clicks.is_element_rage then 1 end) as n_rage_clicks,
        count(distinct clicks.customer_key) as n_people
    from {{ ref('int_page_clicks_placed') }} as clicks
    where clicks.element_id is not null
    group by clicks.page, clicks.device_type, clicks.element_id
),

cells as (
    select
        clicks.page,
        clicks.device_type,
        'cell' as kind,
        cast(null as {{ dbt.type_string() }}) as element_id,
        clicks.grid_column,
        clicks.grid_row,
        count(*) as n_clicks,
        count(case when clicks.is_cell_rage then 1 end) as n_rage_clicks,
        count(distinct clicks.customer_key) as n_people
    from {{ ref('int_page_clicks_placed') }} as clicks
    where clicks.grid_column is not null and clicks.grid_row is not null
    group by clicks.page, clicks.device_type, clicks.grid_column, clicks.grid_row
),

unplaced as (
    select
        clicks.page,
        clicks.device_type,
        'unplaced' as kind,
        cast(null as {{ dbt.type_string() }}) as element_id,
        cast(null as integer) as grid_column,
        cast(null as integer) as grid_row,
        count(*) as n_clicks,
        cast(null as bigint) as n_rage_clicks,
        count(distinct clicks.customer_key) as n_people
    from {{ ref('int_page_clicks_placed') }} as clicks
    where clicks.grid_column is null or clicks.grid_row is null
    group by clicks.page, clicks.device_type
),

counted as (
    select * from elements
    union all
    select * from cells
    union all
    select * from unplaced
)

select * from counted
