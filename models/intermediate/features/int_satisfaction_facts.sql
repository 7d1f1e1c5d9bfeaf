{#-
    Grain: one row per customer and day on which they said how content they are. Scores
    of all scales go from 0, the worst, to 1.
-#}
{%- set scales = {'nps': (0, 10), 'csat': (1, 5), 'ces': (1, 7)} -%}
with

scores as (
    {% for survey_type, (lowest, highest) in scales.items() -%}
    select
        answers.customer_id,
        answers.responded_at as said_at,
        (answers.score - {{ lowest }}) / {{ highest - lowest }} as score
    from {{ ref('int_survey_answers_typed') }} as answers
    where answers.survey_type = '{{ survey_type }}'
    union all
    {% endfor -%}
    select
        tickets.customer_id,
        tickets.resolved_at as said_at,
        (tickets.csat_score - 1) / 4 as score
    from {{ ref('stg_service__support_tickets') }} as tickets
    union all
    select
        reviews.customer_id,
        reviews.posted_at as said_at,
        (reviews.rating - 1) / 4 as score
    from {{ ref('stg_loyalty__reviews') }} as reviews
),

facts as (
    select
        resolved.customer_key,
        {{ reporting_date('scores.said_at') }} as fact_date,
        count(*) as n_scores,
        cast(
            sum(cast({{ clipped('scores.score', 0, 1) }} as decimal(18, 9)))
            as decimal(18, 9)
        ) as score
    from scores
    inner join {{ ref('int_customer_ids_resolved') }} as resolved
        on scores.customer_id = resolved.customer_id
    where
        scores.score is not null
        and scores.said_at is not null
    group by resolved.customer_key, {{ reporting_date('scores.said_at') }}
)

select * from facts
