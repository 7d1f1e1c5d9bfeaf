{#-
    Grain: one row per origin and customer who had bought by then: the sums over their
    past that features are made of, and the stage that they were in, from nothing later
    than the origin.
-#}
{%- set all_facts = clv_measures() | map(attribute=0) | unique | list -%}
with

customers as (
    select
        customers.*,
        contacted.acquisition_channel as first_channel,
        extract(year from customers.origin_date) - contacts.birth_year as age_years,
        contacts.is_abroad
    from {{ ref('int_customers_estimated') }} as customers
    left join {{ ref('int_people_contacted') }} as contacted
        on customers.customer_key = contacted.customer_key
    left join {{ ref('int_crm_contacts') }} as contacts
        on customers.customer_key = contacts.customer_key
),

{% for facts in all_facts -%}
{{ facts }}_aged as (
    {{ facts_by_age(facts, 'customers') }}
),

{{ facts }}_summed as (
    select
        aged.days_ago,
        {% for source, column, newest, oldest in clv_measures() if source == facts -%}
        {{ measure_sum(column, newest, oldest) }},
        {% endfor -%}
        {% if facts == 'int_contact_facts' -%}
        min(case when aged.n_inbound > 0 then aged.age end) as days_since_contact,
        {% endif -%}
        aged.customer_key
    from {{ facts }}_aged as aged
    group by aged.days_ago, aged.customer_key
),

{% endfor -%}
stages as (
    {{ stages_at_origins('customers') }}
),

measured as (
    select
        customers.days_ago,
        customers.customer_key,
        customers.x,
        customers.t_x,
        customers.T,
        cast(customers.net_revenue_amount as double) as net_revenue_amount,
        cast(
            customers.net_revenue_amount - customers.repeat_net_revenue_amount as double
        ) as first_net_revenue_amount,
        customers.purchase_spend,
        customers.first_channel,
        customers.age_years,
        customers.is_abroad,
        stages.stage,
        stages.cycle_number,
        stages.days_in_stage,
        {% for source, column, newest, oldest in clv_measures() -%}
        {%- set name = clv_measure_name(column, newest, oldest) -%}
        cast(coalesce({{ source }}_summed.{{ name }}, 0) as double) as {{ name }},
        {% endfor -%}
        int_contact_facts_summed.days_since_contact
    from customers
    {% for facts in all_facts -%}
    left join {{ facts }}_summed
        on
            customers.days_ago = {{ facts }}_summed.days_ago
            and customers.customer_key = {{ facts }}_summed.customer_key
    {% endfor -%}
    left join stages
        on
            customers.days_ago = stages.days_ago
            and customers.customer_key = stages.customer_key
)

select * from measured
