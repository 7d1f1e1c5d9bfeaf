{#-
    Grain: one row per origin and prospect: the sums over their contacts that features
    are made of, and the stage that they were in, from nothing later than the origin.
-#}
with

prospects as (
    select all_prospects.*
    from {{ ref('int_prospects_at_origins') }} as all_prospects
),

aged as (
    {{ facts_by_age('int_contact_facts', 'prospects') }}
),

summed as (
    select
        aged.days_ago,
        {% for column, newest, oldest in prospect_measures() -%}
        {{ measure_sum(column, newest, oldest) }},
        {% endfor -%}
        min(case when aged.n_inbound > 0 then aged.age end) as days_since_contact,
        aged.customer_key
    from aged
    group by aged.days_ago, aged.customer_key
),

stages as (
    {{ stages_at_origins('prospects') }}
),

measured as (
    select
        prospects.days_ago,
        prospects.customer_key,
        prospects.first_channel,
        stages.stage,
        stages.cycle_number,
        stages.days_in_stage,
        {{ dbt.datediff(
            'prospects.first_contact_date', 'prospects.origin_date', 'day'
        ) }} as days_since_first,
        {% for column, newest, oldest in prospect_measures() -%}
        {%- set name = clv_measure_name(column, newest, oldest) -%}
        cast(coalesce(summed.{{ name }}, 0) as double) as {{ name }},
        {% endfor -%}
        summed.days_since_contact
    from prospects
    left join summed
        on
            prospects.days_ago = summed.days_ago
            and prospects.customer_key = summed.customer_key
    left join stages
        on
            prospects.days_ago = stages.days_ago
            and prospects.customer_key = stages.customer_key
)

select * from measured
