{#-
    Grain: one row per person and cycle with a stay in advocacy. What they did for us in
    it, and their latest word on us.
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
        all_stages.stage = 'advocacy'
        and {{ touched('all_stages.customer_key') }}
),

contacts as (
    select all_contacts.*
    from {{ ref('fct_interactions') }} as all_contacts
    where
        all_contacts.stage = 'advocacy'
        and {{ touched('all_contacts.customer_key') }}
),

answers as (
    select
        contacts.customer_key,
        contacts.cycle_number,
        surveys.score as nps_score,
        row_number() over (
            partition by contacts.customer_key, contacts.cycle_number
            order by contacts.occurred_at desc, contacts.interaction_id desc
        ) as answers_from_last
    from contacts
    inner join {{ ref('int_survey_answers_typed') }} as surveys
        on contacts.interaction_id = 'survey_responses:' || surveys.response_id
    where
        contacts.source = 'survey_responses'
        and surveys.survey_type = 'nps'
        and surveys.score is not null
),

counts as (
    select
        contacts.customer_key,
        contacts.cycle_number,
        count(*) as n_contacts,
        count(case when contacts.touchpoint = 'referral_made' then 1 end)
            as n_referrals,
        count(
            case
                when
                    contacts.touchpoint in (
                        'review_positive', 'review_neutral', 'review_negative'
                    )
                    then 1
            end
        ) as n_reviews,
        count(case when contacts.touchpoint = 'social_shared' then 1 end) as n_shares,
        count(case when contacts.stage_signal = 'order' then 1 end) as n_orders,
        sum(contacts.revenue_amount) as revenue_amount
    from contacts
    group by contacts.customer_key, contacts.cycle_number
),

final as (
    select
        stages.customer_key,
        stages.cycle_number,
        stages.to_stage,
        counts.n_contacts,
        counts.n_referrals,
        counts.n_reviews,
        counts.n_shares,
        answers.nps_score as last_nps_score,
        counts.n_orders,
        cast(coalesce(counts.revenue_amount, 0) as decimal(18, 4)) as revenue_amount,
        stages.days,
        stages.is_open,
        stages.entered_at,
        stages.left_at
    from stages
    inner join counts
        on
            stages.customer_key = counts.customer_key
            and stages.cycle_number = counts.cycle_number
    left join answers
        on
            stages.customer_key = answers.customer_key
            and stages.cycle_number = answers.cycle_number
            and answers.answers_from_last = 1
)

select * from final
