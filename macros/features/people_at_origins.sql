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

{#- The stage that each of them was in at the origin, as a query: spells leave no gap. -#}
{% macro stages_at_origins(people) -%}
    select
        {{ people }}.days_ago,
        spells.customer_key,
        spells.stage,
        spells.cycle_number,
        {{ dbt.datediff(
            reporting_date('spells.entered_at'), people ~ '.origin_date', 'day'
        ) }} as days_in_stage
    from {{ ref('fct_stage_spells') }} as spells
    inner join {{ people }}
        on
            spells.customer_key = {{ people }}.customer_key
            and {{ reporting_date('spells.entered_at') }} <= {{ people }}.origin_date
            and (
                spells.exited_at is null
                or {{ reporting_date('spells.exited_at') }} > {{ people }}.origin_date
            )
{%- endmacro %}
