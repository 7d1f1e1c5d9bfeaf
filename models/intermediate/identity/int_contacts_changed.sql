{#-
    Grain: one row per person and cause, of those of whom a contact has come or reads
    otherwise though no row of theirs need be new: the shop's ledger has changed, a
    campaign has got another channel, or a ticket is overdue by now. Empty in a full
    build.
-#}
{{ config(materialized='table', schema='loads') }}
{#- Outside the condition, where dbt sees them while it parses. -#}
{%- set sales_contacts = ref('int_sales_contacts') -%}
{%- set all_campaigns = ref('stg_marketing__campaigns') -%}
{%- set service_contacts = ref('int_service_contacts') -%}
{%- set is_increment = load_plan().mode == 'increment' -%}
{%- set known_interactions = mart_relation('fct_interactions') -%}

with

customers as (
    select
        resolved.customer_id,
        resolved.customer_key
    from {{ ref('int_customer_ids_resolved') }} as resolved
),

{% if is_increment -%}
-- What the shop's ledger now says of each order and refund, beside what was known.
-- It may change without a new row of the person: by a rate, a refund, a status.
sales as (
    select
        contacts.interaction_id,
        customers.customer_key,
        contacts.event_name,
        contacts.revenue_amount,
        contacts.occurred_at
    from {{ sales_contacts }} as contacts
    inner join customers on contacts.customer_id = customers.customer_id
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
    select customers.customer_key
    from {{ service_contacts }} as contacts
    inner join customers on contacts.customer_id = customers.customer_id
    left join {{ known_interactions }} as known
        on contacts.interaction_id = known.interaction_id
    where contacts.event_name = 'ticket_overdue' and known.interaction_id is null
),

changed as (
    select
        changed_sales.customer_key,
        'sale' as cause
    from changed_sales
    union
    select
        changed_ads.customer_key,
        'campaign' as cause
    from changed_ads
    union
    select
        overdue.customer_key,
        'overdue' as cause
    from overdue
)
{%- else -%}
changed as (
    select
        customers.customer_key,
        cast(null as {{ dbt.type_string() }}) as cause
    from customers
    where 1 = 0
)
{%- endif %}

select
    changed.customer_key,
    changed.cause
from changed
