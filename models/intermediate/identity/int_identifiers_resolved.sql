{#-
    Grain: one row per identifier that any source names. Says which person it is; every
    other model takes the person from here.

    A customer number has the key of the smallest number of its person, any other
    identifier that of its customers. One that no customer was seen with, or too many,
    stands for itself.
-#}
{{ config(materialized='table', pre_hook="{{ keep_before(this) }}") }}

with

customers as (
    select
        pairs.customer_id,
        coalesce(clustered.root_customer_id, pairs.customer_id) as root_customer_id
    from {{ ref('int_identifier_pairs') }} as pairs
    left join {{ ref('int_customers_clustered') }} as clustered
        on pairs.customer_id = clustered.customer_id
    where pairs.customer_id is not null
    group by pairs.customer_id, clustered.root_customer_id
),

-- All customers of an identifier that is not shared are one person by now.
others as (
    select
        edges.kind,
        edges.identifier,
        edges.is_shared,
        min(customers.root_customer_id) as root_customer_id
    from {{ ref('int_identity_edges') }} as edges
    inner join customers on edges.customer_id = customers.customer_id
    group by edges.kind, edges.identifier, edges.is_shared
),

loners as (
    select pairs.anonymous_id
    from {{ ref('int_identifier_pairs') }} as pairs
    where pairs.anonymous_id is not null
    group by pairs.anonymous_id
    having count(pairs.customer_id) = 0
),

identifiers as (
    select
        'customer_id' as kind,
        customers.customer_id as identifier,
        customers.root_customer_id as key_source,
        false as is_shared
    from customers
    union all
    select
        others.kind,
        others.identifier,
        case
            when others.is_shared
                then {{ own_key_source('others.kind', 'others.identifier') }}
            else others.root_customer_id
        end as key_source,
        others.is_shared
    from others
    union all
    select
        'anonymous_id' as kind,
        loners.anonymous_id as identifier,
        {{ own_key_source("'anonymous_id'", 'loners.anonymous_id') }} as key_source,
        false as is_shared
    from loners
),

resolved as (
    select
        identifiers.kind,
        identifiers.identifier,
        {{ dbt.hash('identifiers.key_source') }} as customer_key,
        identifiers.is_shared
    from identifiers
)

select * from resolved
