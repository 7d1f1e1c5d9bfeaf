{#-
    Grain: one row per survey answer. What was asked, by the seed `survey_types`; null
    for a word that it does not know.
-#}
{{ config(materialized='view') }}
with

-- There are fewer words than answers: the pattern meets each once.
words as (
    select
        answers.survey_type,
        {{ normalised_word('answers.survey_type') }} as survey_word
    from {{ ref('stg_service__survey_responses') }} as answers
    group by answers.survey_type
),

typed as (
    select
        answers.response_id,
        answers.customer_id,
        words.survey_word,
        types.survey_type,
        answers.score,
        answers.sent_at,
        answers.responded_at
    from {{ ref('stg_service__survey_responses') }} as answers
    inner join words on answers.survey_type = words.survey_type
    left join {{ ref('survey_types') }} as types
        on words.survey_word = types.word
)

select * from typed
