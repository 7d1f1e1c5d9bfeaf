{#-
    Grain: one row per origin and customer who had bought by then: the sums over their
    past that features are made of, and the stage that they were in, from nothing later
    than the origin.
-#}
with

customers as (
    select
        customers.*,
        estimates.purchase_spend
    from {{ ref('int_customers_at_origins') }} as customers
    inner join {{ ref('int_customers_estimated') }} as estimates
        on
            customers.days_ago = estimates.days_ago
            and customers.customer_key = estimates.customer_key
),

{% for facts in ['int_purchase_facts', 'int_contact_facts'] -%}
{{ facts }}_aged as (
    select
        customers.days_ago,
        facts.*,
        {{ dbt.datediff(
            'facts.fact_date', 'customers.origin_date', 'day'
        ) }} as age
    from {{ ref(facts) }} as facts
    inner join customers
        on
            facts.customer_key = customers.customer_key
            and facts.fact_date <= customers.origin_date
),

{{ facts }}_summed as (
    select
        aged.days_ago,
        {% for source, column, newest, oldest in clv_measures() if source == facts -%}
        sum(
            case
                when aged.age between {{ newest }} and {{ (oldest or 100000) - 1 }}
                    then aged.{{ column }}
                else 0
            end
        ) as {{ clv_measure_name(column, newest, oldest) }},
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
    select
        customers.days_ago,
        spells.customer_key,
        spells.stage,
        spells.cycle_number,
        {{ dbt.datediff(
            reporting_date('spells.entered_at'), 'customers.origin_date', 'day'
        ) }} as days_in_stage,
        row_number() over (
            partition by customers.days_ago, spells.customer_key
            order by spells.spell_number desc
        ) as recency_rank
    from {{ ref('fct_stage_spells') }} as spells
    inner join customers
        on
            spells.customer_key = customers.customer_key
            and {{ reporting_date('spells.entered_at') }} <= customers.origin_date
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
        stages.stage,
        stages.cycle_number,
        stages.days_in_stage,
        {% for source, column, newest, oldest in clv_measures() -%}
        {%- set name = clv_measure_name(column, newest, oldest) -%}
        cast(coalesce({{ source }}_summed.{{ name }}, 0) as double) as {{ name }},
        {% endfor -%}
        int_contact_facts_summed.days_since_contact
    from customers
    left join int_purchase_facts_summed
        on
            customers.days_ago = int_purchase_facts_summed.days_ago
            and customers.customer_key = int_purchase_facts_summed.customer_key
    left join int_contact_facts_summed
        on
            customers.days_ago = int_contact_facts_summed.days_ago
            and customers.customer_key = int_contact_facts_summed.customer_key
    left join stages
        on
            customers.days_ago = stages.days_ago
            and customers.customer_key = stages.customer_key
            and stages.recency_rank = 1
)

select * from measured
