{#-
    A query for the connected components of a graph: `node`, and `root`, the smallest
    node of its component, for every node that has an edge. `edges` names a CTE or
    relation with the text columns `node` and `other_node`, each edge once, in either
    direction. Exact: it ends when no label changes any more.

    DuckDB hands each node the smallest label of its neighbours, by a recursion that
    keeps one row per node and looks only at the nodes whose label has just changed.
-#}
{% macro connected_components(edges) -%}
    {{ adapter.dispatch('connected_components', 'journey_clv')(edges) }}
{%- endmacro %}

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
