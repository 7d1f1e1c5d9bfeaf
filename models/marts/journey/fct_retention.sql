{#-
    Grain: one row per person and cycle with a stay in retention. Whether they bought
    again, and what service they needed.
-#}
{{ config(
    materialized='incremental',
    incremental_strategy='touched_people',
) }}

with

stages as (
    select all_stages.*
    from {{ ref('int_cycle_stages') }} as all_stages
    where
        all_stages.stage = 'retention'
        and {{ touched('all_stages.customer_key') }}
),

contacts as (
    select all_contacts.*
    from {{ ref('fct_interactions') }} as all_contacts
    where
        all_contacts.stage = 'retention'
        and {{ touched('all_contacts.customer_key') }}
),

-- Whether and when they bought again does not hang on the stage that they were in.
cycle_orders as (
    select
        all_contacts.customer_key,
        all_contacts.cycle_number,
        all_contacts.occurred_at,
        row_number() over (
            partition by all_contacts.customer_key, all_contacts.cycle_number
            order by all_contacts.occurred_at, all_contacts.interaction_id
        ) as order_rank
    from {{ ref('fct_interactions') }} as all_contacts
    where
        all_contacts.stage_signal = 'order'
        and {{ touched('all_contacts.customer_key') }}
),

scores as (
    select
        'survey_responses:' || surveys.response_id as interaction_id,
        surveys.score as csat_score
    from {{ ref('int_survey_answers_typed') }} as surveys
    where surveys.survey_type = 'csat' and surveys.score is not null
    union all
    select
        'support_tickets:' || tickets.ticket_id as interaction_id,
        tickets.csat_score
    from {{ ref('stg_service__support_tickets') }} as tickets
    where tickets.csat_score is not null
),

satisfaction as (
    select
        contacts.customer_key,
        contacts.cycle_number,
        count(*) as n_csat_scores,
        cast(sum(scores.csat_score) as double) / nullif(count(*), 0) as mean_csat_score
    from contacts
    inner join scores on contacts.interaction_id = scores.interaction_id
    where contacts.source in ('survey_responses', 'support_tickets')
    group by contacts.customer_key, contacts.cycle_number
),

counts as (
    select
        contacts.customer_key,
        contacts.cycle_number,
        count(*) as n_contacts,
        count(case when contacts.stage_signal = 'order' then 1 end) as n_repeat_orders,
        count(
            case
                when contacts.touchpoint in ('ticket_opened', 'ticket_delivery') then 1
            end
        ) as n_tickets,
        sum(cast(contacts.friction_weight as decimal(18, 4))) as friction,
        sum(contacts.revenue_amount) as revenue_amount
    from contacts
    group by contacts.customer_key, contacts.cycle_number
),

final as (
    select
        stages.customer_key,
        stages.cycle_number,
        stages.to_stage,
        coalesce(counts.n_contacts, 0) as n_contacts,
        coalesce(counts.n_repeat_orders, 0) as n_repeat_orders,
        {{ days_between('cycles.first_order_at', 'repeats.occurred_at') }}
            as days_to_repeat,
        coalesce(counts.n_tickets, 0) as n_tickets,
        coalesce(satisfaction.n_csat_scores, 0) as n_csat_scores,
        satisfaction.mean_csat_score,
        cast(coalesce(counts.friction, 0) as double) as friction,
        cast(coalesce(counts.revenue_amount, 0) as decimal(18, 4)) as revenue_amount,
        stages.days,
        stages.is_open,
        repeats.occurred_at as first_repeat_at,
        stages.entered_at,
        stages.left_at
    from stages
    inner join {{ ref('int_journey_cycles') }} as cycles
        on
            stages.customer_key = cycles.customer_key
            and stages.cycle_number = cycles.cycle_number
    left join cycle_orders as repeats
        on
            stages.customer_key = repeats.customer_key
            and stages.cycle_number = repeats.cycle_number
            and repeats.order_rank = 2
    left join counts
        on
            stages.customer_key = counts.customer_key
            and stages.cycle_number = counts.cycle_number
    left join satisfaction
        on
            stages.customer_key = satisfaction.customer_key
            and stages.cycle_number = satisfaction.cycle_number
)

select * from final
