{#-
    Grain: one row per person whom any source names, be it by a device only. A person
    without a purchase is a prospect.
-#}
with

persons as (
    select
        resolved.customer_key,
        min(case when resolved.kind = 'customer_id' then resolved.identifier end)
            as customer_id,
        count(case when resolved.kind = 'customer_id' then 1 end) as n_customer_ids,
        count(case when resolved.kind = 'anonymous_id' then 1 end) as n_devices,
        max(case when resolved.is_shared then 1 else 0 end) = 1 as is_shared_device
    from {{ ref('int_identifiers_resolved') }} as resolved
    group by resolved.customer_key
),

stages as (
    select
        spells.customer_key,
        spells.stage,
        spells.cycle_number,
        spells.entered_at
    from {{ ref('int_stage_spells') }} as spells
    where spells.exited_at is null
),

orders as (
    select
        fct_orders.customer_key,
        min(fct_orders.ordered_at) as first_order_at,
        max(fct_orders.ordered_at) as last_order_at,
        count(*) as n_orders,
        cast(sum(fct_orders.net_revenue_amount) as decimal(18, 4))
            as net_revenue_amount
    from {{ ref('fct_orders') }} as fct_orders
    where fct_orders.is_purchase
    group by fct_orders.customer_key
),

final as (
    select
        persons.customer_key,
        persons.customer_id,
        persons.n_customer_ids,
        persons.n_devices,
        stages.stage,
        stages.cycle_number,
        contacted.acquisition_touchpoint,
        contacted.acquisition_channel,
        contacted.acquisition_campaign_id,
        contacts.acquisition_source,
        contacts.gender,
        contacts.birth_year,
        contacts.country,
        contacts.region,
        contacts.postal_code,
        scores.rfm_segment,
        coalesce(orders.n_orders, 0) as n_orders,
        coalesce(orders.net_revenue_amount, 0) as net_revenue_amount,
        clv.p_alive,
        clv.clv_amount,
        orders.customer_key is null as is_prospect,
        coalesce(contacts.is_employee, false) as is_employee,
        persons.is_shared_device,
        contacts.created_at as crm_created_at,
        contacted.first_contact_at,
        contacted.last_contact_at,
        stages.entered_at as stage_entered_at,
        orders.first_order_at,
        orders.last_order_at
    from persons
    left join {{ ref('int_crm_contacts') }} as contacts
        on persons.customer_key = contacts.customer_key
    left join orders on persons.customer_key = orders.customer_key
    left join stages on persons.customer_key = stages.customer_key
    left join {{ ref('int_people_contacted') }} as contacted
        on persons.customer_key = contacted.customer_key
    left join {{ ref('rfm_scores') }} as scores
        on persons.customer_key = scores.customer_key
    left join {{ ref('clv_customers') }} as clv
        on persons.customer_key = clv.customer_key
)

select * from final
