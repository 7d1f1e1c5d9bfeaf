{#-
    Grain: one row per customer number and other identifier of it: a device, a hashed
    e-mail address, a hashed telephone number. `is_shared` marks the identifiers of too
    many customers to say anything about who they are.
-#}
with

devices as (
    select
        pairs.customer_id,
        'anonymous_id' as kind,
        pairs.anonymous_id as identifier,
        pairs.first_seen_at,
        pairs.last_seen_at
    from {{ ref('int_identifier_pairs') }} as pairs
    where pairs.customer_id is not null and pairs.anonymous_id is not null
),

-- A contact without a date of its own has been one since the number was first seen.
customers as (
    select
        crm.customer_id,
        crm.email_hash,
        crm.phone_hash,
        min(pairs.first_seen_at) as first_seen_at,
        max(pairs.last_seen_at) as last_seen_at
    from {{ ref('stg_crm__customers') }} as crm
    inner join {{ ref('int_identifier_pairs') }} as pairs
        on crm.customer_id = pairs.customer_id
    group by crm.customer_id, crm.email_hash, crm.phone_hash
),

contacts as (
    select
        customers.customer_id,
        'email' as kind,
        customers.email_hash as identifier,
        customers.first_seen_at,
        customers.last_seen_at
    from customers
    where customers.email_hash is not null
    union all
    select
        customers.customer_id,
        'phone' as kind,
        customers.phone_hash as identifier,
        customers.first_seen_at,
        customers.last_seen_at
    from customers
    where customers.phone_hash is not null
),

edges as (
    select * from devices
    union all
    select * from contacts
),

degrees as (
    select
        edges.kind,
        edges.identifier,
        count(*) as n_customers
    from edges
    group by edges.kind, edges.identifier
),

counted as (
    select
        edges.customer_id,
        edges.kind,
        edges.identifier,
        degrees.n_customers,
        degrees.n_customers > {{ var('max_identity_cluster') }} as is_shared,
        edges.first_seen_at,
        edges.last_seen_at
    from edges
    inner join degrees
        on edges.kind = degrees.kind and edges.identifier = degrees.identifier
)

select * from counted
