{#-
    Grain: one row per linked customer number and instant at which its person grew. Which
    number stood for the person from then on: the components of the links made by then.
    Only numbers with links are here, and there are few; their cost grows with the
    square of the links of one person.
-#}
with

links as (
    select
        clustered.root_customer_id,
        identity_links.node,
        identity_links.other_node,
        min(identity_links.linked_at) as linked_at
    from {{ ref('int_identity_links') }} as identity_links
    inner join {{ ref('int_customers_clustered') }} as clustered
        on identity_links.node = clustered.customer_id
    group by
        clustered.root_customer_id, identity_links.node, identity_links.other_node
),

instants as (
    select
        links.root_customer_id,
        links.linked_at,
        cast(row_number() over (
            partition by links.root_customer_id
            order by links.linked_at asc nulls first
        ) as varchar) as instant_number
    from links
    group by links.root_customer_id, links.linked_at
),

-- The graph as it was at each instant, side by side: a node is a number at an instant.
links_by_instant as (
    select
        instants.instant_number || '|' || links.node as node,
        instants.instant_number || '|' || links.other_node as other_node
    from instants
    inner join links
        on
            instants.root_customer_id = links.root_customer_id
            and (links.linked_at is null or links.linked_at <= instants.linked_at)
),

components as (
    {{ connected_components('links_by_instant') }}
),

merged as (
    select
        clustered.customer_id,
        instants.linked_at as merged_at,
        substring(
            components.root from length(instants.instant_number) + 2
        ) as root_customer_id
    from {{ ref('int_customers_clustered') }} as clustered
    inner join instants
        on clustered.root_customer_id = instants.root_customer_id
    inner join components
        on components.node = instants.instant_number || '|' || clustered.customer_id
)

select * from merged
