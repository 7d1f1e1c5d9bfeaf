{#-
    Grain: one row per customer number that an identifier links to another. Which
    numbers are one person: the connected components of the links, to a fixed point.
-#}
with

links as (
    select
        identity_links.node,
        identity_links.other_node
    from {{ ref('int_identity_links') }} as identity_links
    group by identity_links.node, identity_links.other_node
),

components as (
    {{ connected_components('links') }}
),

clustered as (
    select
        components.node as customer_id,
        components.root as root_customer_id
    from components
)

select * from clustered
