{#-
    Of the CTE `people`, people at origins: their days in `facts` up to the origin, and
    how many days before it each was, as a query.
-#}
{% macro facts_by_age(facts, people) -%}
    select
        {{ people }}.days_ago,
        facts.*,
        {{ dbt.datediff('facts.fact_date', people ~ '.origin_date', 'day') }} as age
    from {{ ref(facts) }} as facts
    inner join {{ people }}
        on
            facts.customer_key = {{ people }}.customer_key
            and facts.fact_date <= {{ people }}.origin_date
{%- endmacro %}

{#- The same of their stages; the one that they are in has recency_rank 1. -#}
{% macro stages_by_recency(people) -%}
    select
        {{ people }}.days_ago,
        spells.customer_key,
        spells.stage,
        spells.cycle_number,
        {{ dbt.datediff(
            reporting_date('spells.entered_at'), people ~ '.origin_date', 'day'
        ) }} as days_in_stage,
        row_number() over (
            partition by {{ people }}.days_ago, spells.customer_key
            order by spells.spell_number desc
        ) as recency_rank
    from {{ ref('fct_stage_spells') }} as spells
    inner join {{ people }}
        on
            spells.customer_key = {{ people }}.customer_key
            and {{ reporting_date('spells.entered_at') }} <= {{ people }}.origin_date
{%- endmacro %}
