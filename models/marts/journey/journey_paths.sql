{#-
    Grain: one row per path prefix, the empty one too: the tree of all journeys. Its
    edges, from parent_path to path, are what a Sankey chart draws.
-#}
{%- set depth = var('journey_path_depth') -%}
{%- set least = var('journey_path_min_journeys') -%}
{%- set counts = [
    'n_journeys', 'n_first_journeys', 'n_ordered', 'n_lapsed', 'n_open',
] -%}
with

journeys as (
    select
        '(start)' as step_0,
        {% for step in range(1, depth + 3) -%}
        nullif(
            {{ dbt.split_part('counted.path', "' > '", step) }}, ''
        ) as step_{{ step }},
        {% endfor -%}
        counted.*
    from {{ ref('int_journeys_counted') }} as counted
),

-- Each journey counts at every prefix of its path.
prefixes as (
    {% for step in range(depth + 2) -%}
    select
        {{ step }} as step_number,
        {% if step == 0 -%}
        cast(null as {{ dbt.type_string() }}) as parent_path,
        {% else -%}
        concat_ws(
            ' > ',
            {%- for earlier in range(step) %}
            journeys.step_{{ earlier }}{{ ',' if not loop.last }}
            {%- endfor %}
        ) as parent_path,
        {% endif -%}
        journeys.step_{{ step }} as touchpoint,
        {%- for count in counts %}
        journeys.{{ count }},
        {%- endfor %}
        case
            when journeys.step_{{ step + 1 }} is null then journeys.n_journeys else 0
        end as n_ended_here,
        journeys.revenue_amount
    from journeys
    where journeys.step_{{ step }} is not null
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

nodes as (
    select
        prefixes.step_number,
        prefixes.parent_path,
        prefixes.touchpoint,
        concat_ws(' > ', prefixes.parent_path, prefixes.touchpoint) as path,
        {%- for count in counts %}
        sum(prefixes.{{ count }}) as {{ count }},
        {%- endfor %}
        sum(prefixes.n_ended_here) as n_ended_here,
        sum(prefixes.revenue_amount) as revenue_amount,
        sum(prefixes.n_journeys) >= {{ least }}
        or prefixes.touchpoint in ('(start)', '(deeper)') as is_listed
    from prefixes
    group by prefixes.step_number, prefixes.parent_path, prefixes.touchpoint
),

-- A rare prefix is in the remainder of its parent, and what follows it with it.
listed as (
    select
        nodes.step_number,
        nodes.parent_path,
        case when nodes.is_listed then nodes.touchpoint else '(other)' end
            as touchpoint,
        {%- for count in counts %}
        sum(nodes.{{ count }}) as {{ count }},
        {%- endfor %}
        sum(case when nodes.is_listed then nodes.n_ended_here else nodes.n_journeys end)
            as n_ended_here,
        sum(nodes.revenue_amount) as revenue_amount
    from nodes
    left join nodes as parents on nodes.parent_path = parents.path
    where parents.is_listed or nodes.step_number = 0
    group by
        nodes.step_number,
        nodes.parent_path,
        case when nodes.is_listed then nodes.touchpoint else '(other)' end
),

final as (
    select
        {{ dbt.hash("concat_ws(' > ', edges.parent_path, edges.touchpoint)") }}
            as path_key,
        case
            when edges.parent_path is not null then {{ dbt.hash('edges.parent_path') }}
        end as parent_path_key,
        cast(edges.step_number as integer) as step_number,
        edges.touchpoint,
        edges.parent_path,
        concat_ws(' > ', edges.parent_path, edges.touchpoint) as path,
        {%- for count in counts + ['n_ended_here'] %}
        cast(edges.{{ count }} as bigint) as {{ count }},
        {%- endfor %}
        cast(edges.revenue_amount as decimal(18, 4)) as revenue_amount,
        cast(edges.n_ordered as double) / nullif(edges.n_journeys, 0) as order_rate,
        {{ wilson_bound('edges.n_ordered', 'edges.n_journeys', 'lower') }}
            as order_rate_lower,
        {{ wilson_bound('edges.n_ordered', 'edges.n_journeys', 'upper') }}
            as order_rate_upper,
        edges.touchpoint in ('(other)', '(deeper)') as is_remainder
    from listed as edges
)

select * from final
