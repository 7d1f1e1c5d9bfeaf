{#-
    Grain: one row per page, device type and element, and per page, device type and
    cell of the grid. A rage click is one of three within two seconds on one element or
    cell by one device.
-#}
with

clicks as (
    select
        events.page,
        events.device_type,
        'element' as kind,
        events.element_id,
        cast(null as integer) as grid_column,
        cast(null as integer) as grid_row,
        events.anonymous_id,
        events.customer_key,
        events.occurred_at,
        events.event_id
    from {{ ref('int_page_events_placed') }} as events
    where events.is_click and events.element_id is not null
    union all
    select
        events.page,
        events.device_type,
        'cell' as kind,
        cast(null as {{ dbt.type_string() }}) as element_id,
        events.grid_column,
        events.grid_row,
        events.anonymous_id,
        events.customer_key,
        events.occurred_at,
        events.event_id
    from {{ ref('int_page_events_placed') }} as events
    where events.grid_column is not null and events.grid_row is not null
),

neighbours as (
    select
        clicks.*,
        lag(clicks.occurred_at, 2) over in_order as second_before,
        lag(clicks.occurred_at, 1) over in_order as just_before,
        lead(clicks.occurred_at, 1) over in_order as just_after,
        lead(clicks.occurred_at, 2) over in_order as second_after
    from clicks
    window in_order as (
        partition by
            clicks.page,
            clicks.device_type,
            clicks.kind,
            clicks.element_id,
            clicks.grid_column,
            clicks.grid_row,
            clicks.anonymous_id
        order by clicks.occurred_at, clicks.event_id
    )
),

-- The last, the middle or the first of three.
raged as (
    select
        neighbours.*,
        neighbours.occurred_at
        <= {{ dbt.dateadd('second', 2, 'neighbours.second_before') }}
        or neighbours.just_after
        <= {{ dbt.dateadd('second', 2, 'neighbours.just_before') }}
        or neighbours.second_after
        <= {{ dbt.dateadd('second', 2, 'neighbours.occurred_at') }} as is_rage
    from neighbours
),

counted as (
    select
        raged.page,
        raged.device_type,
        raged.kind,
        raged.element_id,
        raged.grid_column,
        raged.grid_row,
        count(*) as n_clicks,
        count(case when raged.is_rage then 1 end) as n_rage_clicks,
        count(distinct raged.customer_key) as n_people
    from raged
    group by
        raged.page,
        raged.device_type,
        raged.kind,
        raged.element_id,
        raged.grid_column,
        raged.grid_row
)

select * from counted
