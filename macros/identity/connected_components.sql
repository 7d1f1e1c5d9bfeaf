{#-
    A query for the connected components of a graph: `node`, and `root`, the smallest
    node of its component, for every node that has an edge. `edges` names a CTE or
    relation with the text columns `node` and `other_node`, each edge once, in either
    direction.
-#}
{% macro connected_components(edges) -%}
    {{ adapter.dispatch('connected_components', 'journey_clv')(edges) }}
{%- endmacro %}

{#-
    DuckDB hands each node the smallest label of its neighbours, by a recursion that
    keeps one row per node and looks only at the nodes whose label has just changed. It
    ends when no label changes: exact.
-#}
{% macro duckdb__connected_components(edges) -%}
    with recursive both_ways as (
        select edges.node, edges.other_node from {{ edges }} as edges
        union
        select edges.other_node as node, edges.node as other_node
        from {{ edges }} as edges
    ),

    labels (node, root) using key (node) as (
        select both_ways.node, least(both_ways.node, min(both_ways.other_node)) as root
        from both_ways
        group by both_ways.node
        union
        select both_ways.other_node as node, min(changed.root) as root
        from labels as changed
        inner join both_ways on changed.node = both_ways.node
        inner join recurring.labels as known on both_ways.other_node = known.node
        where changed.root < known.root
        group by both_ways.other_node
    )

    select labels.node, labels.root from labels
{%- endmacro %}

{#-
    Where there is no such recursion: alternating large and small stars (Kiveris et al.,
    "Connected Components in MapReduce and Beyond", 2014). Each hands the neighbours of
    a node to the smallest of them, until every node hangs on its root. The number of
    rounds is fixed and each reads the one before once, so that the plan stays small.
    Ten reach through chains of thousands of identifiers; the data test
    `no_link_between_components` fails where they did not.
-#}
{% macro default__connected_components(edges) -%}
    {%- set rounds = 10 -%}
    with small_0 as (
        select
            greatest(edges.node, edges.other_node) as node,
            least(edges.node, edges.other_node) as other_node
        from {{ edges }} as edges
        group by
            greatest(edges.node, edges.other_node), least(edges.node, edges.other_node)
    ),
    {%- for round in range(1, rounds + 1) %}

    both_ways_{{ round }} as (
        select
            case when way.number = 0 then stars.node else stars.other_node end as node,
            case when way.number = 0 then stars.other_node else stars.node end
                as neighbour
        from small_{{ round - 1 }} as stars
        cross join (select 0 as number union all select 1 as number) as way
    ),

    centred_{{ round }} as (
        select
            both_ways.node,
            both_ways.neighbour,
            least(both_ways.node, min(both_ways.neighbour) over (
                partition by both_ways.node
            )) as centre
        from both_ways_{{ round }} as both_ways
    ),

    large_{{ round }} as (
        select centred.neighbour as node, centred.centre as other_node
        from centred_{{ round }} as centred
        where centred.neighbour > centred.node
        group by centred.neighbour, centred.centre
    ),

    smallest_{{ round }} as (
        select
            stars.node,
            stars.other_node as neighbour,
            min(stars.other_node) over (partition by stars.node) as centre
        from large_{{ round }} as stars
    ),

    small_{{ round }} as (
        select
            case when way.number = 0 then smallest.node else smallest.neighbour end
                as node,
            smallest.centre as other_node
        from smallest_{{ round }} as smallest
        cross join (select 0 as number union all select 1 as number) as way
        where way.number = 0 or smallest.neighbour <> smallest.centre
        group by
            case when way.number = 0 then smallest.node else smallest.neighbour end,
            smallest.centre
    ),
    {%- endfor %}

    labels as (
        select
            case when way.number = 0 then stars.node else stars.other_node end as node,
            stars.other_node as root
        from small_{{ rounds }} as stars
        cross join (select 0 as number union all select 1 as number) as way
        union all
        select edges.node, edges.node as root from {{ edges }} as edges
        union all
        select edges.other_node as node, edges.other_node as root
        from {{ edges }} as edges
    )

    select labels.node, min(labels.root) as root
    from labels
    group by labels.node
{%- endmacro %}
