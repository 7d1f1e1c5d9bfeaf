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
    select
        prospects.days_ago,
        facts.*,
        {{ dbt.datediff(
            'facts.fact_date', 'prospects.origin_date', 'day'
        ) }} as age
    from {{ ref('int_contact_facts') }} as facts
    inner join prospects
        on
            facts.customer_key = prospects.customer_key
            and facts.fact_date <= prospects.origin_date
),

summed as (
    select
        aged.days_ago,
        {% for column, newest, oldest in prospect_measures() -%}
        sum(
            case
                when aged.age between {{ newest }} and {{ (oldest or 100000) - 1 }}
                    then aged.{{ column }}
                else 0
            end
        ) as {{ clv_measure_name(column, newest, oldest) }},
        {% endfor -%}
        min(case when aged.n_inbound > 0 then aged.age end) as days_since_contact,
        aged.customer_key
    from aged
    group by aged.days_ago, aged.customer_key
),

stages as (
    select
        prospects.days_ago,
        spells.customer_key,
        spells.stage,
        spells.cycle_number,
        {{ dbt.datediff(
            reporting_date('spells.entered_at'), 'prospects.origin_date', 'day'
        ) }} as days_in_stage,
        row_number() over (
            partition by prospects.days_ago, spells.customer_key
            order by spells.spell_number desc
        ) as recency_rank
    from {{ ref('fct_stage_spells') }} as spells
    inner join prospects
        on
            spells.customer_key = prospects.customer_key
            and {{ reporting_date('spells.entered_at') }} <= prospects.origin_date
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
            and stages.recency_rank = 1
)

select * from measured
