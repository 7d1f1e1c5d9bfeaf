{#- Grain: one row per survey answer, accepted. -#}
with

raw_survey_responses as (
    select * from {{ ref('base_service__survey_responses') }}
),

accepted as (
    select
        raw_survey_responses.response_id,
        raw_survey_responses.customer_id,
        raw_survey_responses.survey_type,
        raw_survey_responses.responded_at,
        raw_survey_responses.score,
        raw_survey_responses.comment_length,
        raw_survey_responses.sent_at,
        raw_survey_responses.touchpoint
    from raw_survey_responses
    where raw_survey_responses.row_status = 'accepted'
)

select * from accepted
