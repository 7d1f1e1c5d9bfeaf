{#-
    Where do people click in vain? The elements with the most rage clicks, at least three
    within two seconds, how many people click there, and how far down their page people
    come at all. Empty where nobody clicks in rage, as in the simulator's shops.
-#}
with

scrolls as (
    select
        cells.page,
        cells.device_type,
        max(case when cells.scroll_percent = 50 then cells.reach_rate end)
            as half_reach_rate
    from {{ ref('heatmap_cells') }} as cells
    where cells.kind = 'scroll'
    group by cells.page, cells.device_type
)

select
    cells.page,
    cells.device_type,
    cells.element_id,
    cells.n_people,
    cells.n_clicks,
    cells.n_rage_clicks,
    cells.rage_click_rate,
    cells.rage_click_rate_lower,
    cells.rage_click_rate_upper,
    scrolls.half_reach_rate
from {{ ref('heatmap_cells') }} as cells
left join scrolls
    on
        cells.page = scrolls.page
        and cells.device_type = scrolls.device_type
where cells.kind = 'element' and cells.n_rage_clicks > 0
order by
    cells.n_rage_clicks desc,
    cells.n_clicks desc,
    cells.page asc,
    cells.device_type asc,
    cells.element_id asc
limit 20
