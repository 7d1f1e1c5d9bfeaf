{#-
    Grain: one row per person whom this load touches: with new, changed or erased rows,
    with an identifier that has come, gone or moved to somebody else, or with a clock
    that fired. They are computed anew, whole. Empty in a full build.
-#}
{{ config(materialized='table', schema='loads') }}
{#- Outside the condition, where dbt sees them while it parses. -#}
{%- set sales_contacts = ref('int_sales_contacts') -%}
{%- set all_campaigns = ref('stg_marketing__campaigns') -%}
{%- set service_contacts = ref('int_service_contacts') -%}
{%- set this_as_of = ref('int_as_of') -%}
{%- set is_increment = load_plan().mode == 'increment' -%}
{%- set known_interactions = mart_relation('int_interactions') -%}
{%- set known_spells = mart_relation('int_stage_spells') -%}

with

identifiers as (
    select
        resolved.kind,
        resolved.identifier,
        resolved.customer_key
    from {{ ref('int_identifiers_resolved') }} as resolved
),

{% if is_increment -%}
identifiers_before as (
    select
        resolved.kind,
        resolved.identifier,
        resolved.customer_key
    from {{ table_before('int_identifiers_resolved') }} as resolved
),

-- What one build has and the other has not.
moved as (
    select found.customer_key
    from (
        select identifiers.*, 1 as n from identifiers
        union all
        select identifiers_before.*, -1 as n from identifiers_before
    ) as found
    group by found.kind, found.identifier, found.customer_key
    having sum(found.n) <> 0
),

with_changed_rows as (
    select found.customer_key
    from (
        select * from identifiers
        union all
        select * from identifiers_before
    ) as found
    inner join loads.changed_identifiers as changed
        on found.kind = changed.kind and found.identifier = changed.identifier
),

-- What the shop's ledger now says of each order and refund, beside what was known.
-- It may change without a new row of the person: by a rate, a refund, a status.
sales as (
    select
        contacts.interaction_id,
        identifiers.customer_key,
        contacts.event_name,
        contacts.revenue_amount,
        contacts.occurred_at
    from {{ sales_contacts }} as contacts
    inner join identifiers
        on
            contacts.customer_id = identifiers.identifier
            and identifiers.kind = 'customer_id'
    where contacts.source in ('orders', 'refunds')
),

known_sales as (
    select
        known.interaction_id,
        known.customer_key,
        known.event_name,
        known.revenue_amount,
        known.occurred_at
    from {{ known_interactions }} as known
    where known.source in ('orders', 'refunds')
),

changed_sales as (
    select found.customer_key
    from (
        select sales.*, 1 as n from sales
        union all
        select known_sales.*, -1 as n from known_sales
    ) as found
    group by
        found.interaction_id,
        found.customer_key,
        found.event_name,
        found.revenue_amount,
        found.occurred_at
    having sum(found.n) <> 0
),

-- A campaign gives its ads their channel, also where it is described after them.
changed_campaigns as (
    select coalesce(campaigns.campaign_id, known.campaign_id) as campaign_id
    from {{ all_campaigns }} as campaigns
    full join (
        select * from {{ table_before('base_marketing__campaigns') }}
        where row_status = 'accepted'
    ) as known
        on campaigns.campaign_id = known.campaign_id
    where campaigns.channel is distinct from known.channel
),

changed_ads as (
    select known.customer_key
    from {{ known_interactions }} as known
    where
        known.source = 'ad_interactions'
        and known.campaign_id in (
            select changed.campaign_id from changed_campaigns as changed
        )
),

overdue as (
    select identifiers.customer_key
    from {{ service_contacts }} as contacts
    inner join identifiers
        on
            contacts.customer_id = identifiers.identifier
            and identifiers.kind = 'customer_id'
    left join {{ known_interactions }} as known
        on contacts.interaction_id = known.interaction_id
    where contacts.event_name = 'ticket_overdue' and known.interaction_id is null
),

-- The clock goes on; and back, if the latest contact of all was erased.
clocks as (
    select spells.customer_key
    from {{ known_spells }} as spells
    cross join {{ this_as_of }} as as_of
    where
        (spells.exited_at is null and spells.due_at <= as_of.as_of_at)
        or spells.entered_at > as_of.as_of_at
    union all
    select known.customer_key
    from {{ known_interactions }} as known
    cross join {{ this_as_of }} as as_of
    where known.occurred_at > as_of.as_of_at
),

touched as (
    select moved.customer_key from moved
    union
    select with_changed_rows.customer_key from with_changed_rows
    union
    select changed_sales.customer_key from changed_sales
    union
    select changed_ads.customer_key from changed_ads
    union
    select overdue.customer_key from overdue
    union
    select clocks.customer_key from clocks
)
{%- else -%}
touched as (
    select identifiers.customer_key
    from identifiers
    where 1 = 0
)
{%- endif %}

select touched.customer_key from touched
