{#-
    Grain: one row per identifier and stretch of time in which it stood for one person.
    The last row of an identifier is open and says who it is now; the others say whom
    one would have taken it for before the merges that came later.
-#}
with

customers as (
    select
        pairs.customer_id,
        min(pairs.first_seen_at) as first_seen_at
    from {{ ref('int_identifier_pairs') }} as pairs
    where pairs.customer_id is not null
    group by pairs.customer_id
),

-- Before its first link a number stands for itself.
customer_roots as (
    select
        customers.customer_id,
        customers.first_seen_at as valid_from_at,
        customers.customer_id as root_customer_id,
        0 as is_merge
    from customers
    union all
    select
        grown.customer_id,
        grown.merged_at as valid_from_at,
        grown.root_customer_id,
        1 as is_merge
    from {{ ref('int_identity_merges') }} as grown
),

-- An identifier belongs to nobody until it is first seen with a customer.
first_customers as (
    select
        edges.kind,
        edges.identifier,
        edges.customer_id,
        edges.first_seen_at,
        row_number() over (
            partition by edges.kind, edges.identifier
            order by edges.first_seen_at asc nulls first, edges.customer_id asc
        ) as customer_rank
    from {{ ref('int_identity_edges') }} as edges
    where not edges.is_shared
),

devices as (
    select
        pairs.anonymous_id,
        min(pairs.first_seen_at) as first_seen_at
    from {{ ref('int_identifier_pairs') }} as pairs
    where pairs.anonymous_id is not null
    group by pairs.anonymous_id
),

stretches as (
    select
        'customer_id' as kind,
        roots.customer_id as identifier,
        roots.root_customer_id as key_source,
        roots.valid_from_at,
        roots.is_merge
    from customer_roots as roots
    union all
    select
        'anonymous_id' as kind,
        devices.anonymous_id as identifier,
        {{ own_key_source("'anonymous_id'", 'devices.anonymous_id') }} as key_source,
        devices.first_seen_at as valid_from_at,
        0 as is_merge
    from devices
    union all
    select
        edges.kind,
        edges.identifier,
        {{ own_key_source('edges.kind', 'edges.identifier') }} as key_source,
        min(edges.first_seen_at) as valid_from_at,
        0 as is_merge
    from {{ ref('int_identity_edges') }} as edges
    where edges.is_shared and edges.kind <> 'anonymous_id'
    group by edges.kind, edges.identifier
    union all
    select
        firsts.kind,
        firsts.identifier,
        roots.root_customer_id as key_source,
        greatest(firsts.first_seen_at, roots.valid_from_at) as valid_from_at,
        1 + roots.is_merge as is_merge
    from first_customers as firsts
    inner join customer_roots as roots on firsts.customer_id = roots.customer_id
    where firsts.customer_rank = 1
),

-- What was learnt before the identifier was seen holds from its first day; of several
-- things learnt at one instant the last.
dated as (
    select
        stretches.kind,
        stretches.identifier,
        stretches.key_source,
        stretches.valid_from_at,
        row_number() over (
            partition by
                stretches.kind, stretches.identifier, stretches.valid_from_at
            order by stretches.is_merge desc, stretches.key_source asc
        ) as latest_rank
    from stretches
),

changes as (
    select
        dated.kind,
        dated.identifier,
        dated.key_source,
        dated.valid_from_at,
        lag(dated.key_source) over (
            partition by dated.kind, dated.identifier
            order by dated.valid_from_at asc nulls first
        ) as previous_key_source
    from dated
    where dated.latest_rank = 1
),

final as (
    select
        changes.kind as identifier_kind,
        changes.identifier,
        {{ dbt.hash('changes.key_source') }} as customer_key,
        coalesce(resolved.is_shared, false) as is_shared,
        changes.valid_from_at,
        lead(changes.valid_from_at) over (
            partition by changes.kind, changes.identifier
            order by changes.valid_from_at asc nulls first
        ) as valid_to_at
    from changes
    left join {{ ref('int_identifiers_resolved') }} as resolved
        on changes.kind = resolved.kind and changes.identifier = resolved.identifier
    where
        changes.previous_key_source is null
        or changes.previous_key_source <> changes.key_source
)

select * from final
