{#-
    Grain: one row per customer number beyond the first that an identifier ties to the
    first. Two numbers that share nothing but one identifier are linked from the moment
    at which the second was seen with it.
-#}
with

ranked as (
    select
        edges.customer_id,
        edges.kind,
        edges.identifier,
        edges.first_seen_at,
        first_value(edges.customer_id) over (
            partition by edges.kind, edges.identifier
            order by edges.first_seen_at asc nulls first, edges.customer_id asc
        ) as first_customer_id
    from {{ ref('int_identity_edges') }} as edges
    where edges.n_customers > 1 and not edges.is_shared
),

links as (
    select
        ranked.first_customer_id as node,
        ranked.customer_id as other_node,
        ranked.kind,
        ranked.identifier,
        ranked.first_seen_at as linked_at
    from ranked
    where ranked.customer_id != ranked.first_customer_id
)

select * from links
