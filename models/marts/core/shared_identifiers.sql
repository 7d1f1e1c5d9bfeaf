{#-
    Grain: one row per identifier that stands for nobody, because too many people use
    it: a shop's tablet, a family's address, a placeholder.
-#}
with

final as (
    select
        edges.kind as identifier_kind,
        edges.identifier,
        edges.n_customers,
        'used by ' || cast(edges.n_customers as varchar)
        || ' customer numbers, more than max_identity_cluster ('
        || '{{ var('max_identity_cluster') }})' as reason,
        min(edges.first_seen_at) as first_seen_at,
        max(edges.last_seen_at) as last_seen_at
    from {{ ref('int_identity_edges') }} as edges
    where edges.is_shared
    group by edges.kind, edges.identifier, edges.n_customers
)

select * from final
