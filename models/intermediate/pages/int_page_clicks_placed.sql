{#-
    Grain: one row per click on a known page. In which cell of the grid it fell, and
    whether it was in rage: one of three within two seconds by one person and device, on
    one element or in one cell, or one that the tracker itself reports as such. The page
    has no query string, and no e-mail address in its path: these name people.
-#}
{{ config(
    materialized='incremental',
    incremental_strategy='touched_people',
) }}
{%- set grid = var('heatmap_grid') -%}
with

clicks as (
    select
        web_events.event_id,
        web_events.occurred_at,
        web_events.anonymous_id,
        web_events.customer_id,
        web_events.page_url,
        coalesce(lower(web_events.device_type), 'unknown') as device_type,
        web_events.element_id,
        web_events.click_x / nullif(web_events.viewport_width, 0) as screens_across,
        web_events.click_y / nullif(web_events.viewport_height, 0) as screens_down,
        event_names.touchpoint = 'rage_clicked' as is_reported_rage
    from {{ touched_contacts(ref('stg_web__web_events')) }} as web_events
    inner join {{ ref('int_event_names_mapped') }} as event_names
        on
            web_events.event_name = event_names.event_name
            and event_names.source = 'web_events'
    where
        web_events.page_url is not null
        and (
            (web_events.click_x is not null and web_events.click_y is not null)
            or (
                web_events.element_id is not null
                and {{ has_substring('lower(web_events.event_name)', "'click'") }}
            )
        )
),

-- There are fewer addresses than clicks: the patterns meet each address once.
urls as (
    select clicks.page_url
    from clicks
    group by clicks.page_url
),

pages as (
    select
        urls.page_url,
        {{ page_of_url('urls.page_url') }} as page
    from urls
),

-- A click beyond the edge, as on a border, is in the cell at the edge. Below the first
-- screen the rows go on, for a hundred screens.
located as (
    select
        clicks.event_id,
        {{ joined_person() }} as customer_key,
        clicks.anonymous_id,
        pages.page,
        clicks.device_type,
        {{ mask_emails('clicks.element_id') }} as element_id,
        cast(
            case
                when clicks.screens_across < 0 then 0
                when clicks.screens_across >= 1 then {{ grid - 1 }}
                else floor({{ grid }} * clicks.screens_across)
            end as integer
        ) as grid_column,
        cast(
            case
                when clicks.screens_down < 0 then 0
                when clicks.screens_down >= 100 then {{ 100 * grid - 1 }}
                else floor({{ grid }} * clicks.screens_down)
            end as integer
        ) as grid_row,
        clicks.is_reported_rage,
        clicks.occurred_at
    from clicks
    inner join pages on clicks.page_url = pages.page_url
    {{ join_person('clicks') }}
    where pages.page <> ''
),

neighbours as (
    select
        located.*,
        lag(located.occurred_at, 1) over by_element as element_lag_1,
        lead(located.occurred_at, 1) over by_element as element_lead_1,
        lag(located.occurred_at, 2) over by_element as element_lag_2,
        lead(located.occurred_at, 2) over by_element as element_lead_2,
        lag(located.occurred_at, 1) over by_cell as cell_lag_1,
        lead(located.occurred_at, 1) over by_cell as cell_lead_1,
        lag(located.occurred_at, 2) over by_cell as cell_lag_2,
        lead(located.occurred_at, 2) over by_cell as cell_lead_2
    from located
    window
        by_element as (
            partition by
                located.customer_key,
                located.anonymous_id,
                located.page,
                located.device_type,
                located.element_id
            order by located.occurred_at, located.event_id
        ),
        by_cell as (
            partition by
                located.customer_key,
                located.anonymous_id,
                located.page,
                located.device_type,
                located.grid_column,
                located.grid_row
            order by located.occurred_at, located.event_id
        )
),

-- The last, the middle or the first of three.
placed as (
    select
        neighbours.event_id,
        neighbours.customer_key,
        neighbours.page,
        neighbours.device_type,
        neighbours.element_id,
        neighbours.grid_column,
        neighbours.grid_row,
        {% for spot in ['element', 'cell'] -%}
        neighbours.is_reported_rage
        or coalesce(
            neighbours.occurred_at
            <= {{ dbt.dateadd('second', 2, 'neighbours.' ~ spot ~ '_lag_2') }}, false
        )
        or coalesce(
            neighbours.{{ spot }}_lead_1
            <= {{ dbt.dateadd('second', 2, 'neighbours.' ~ spot ~ '_lag_1') }}, false
        )
        or coalesce(
            neighbours.{{ spot }}_lead_2
            <= {{ dbt.dateadd('second', 2, 'neighbours.occurred_at') }}, false
        ) as is_{{ spot }}_rage,
        {% endfor -%}
        neighbours.occurred_at
    from neighbours
)

select * from placed
