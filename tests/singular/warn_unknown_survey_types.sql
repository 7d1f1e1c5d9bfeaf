{#- Words for surveys that the seed `survey_types` lacks, and how often each came. -#}
{{ config(severity='warn') }}

select
    answers.survey_word,
    count(*) as n_answers
from {{ ref('int_survey_answers_typed') }} as answers
where answers.survey_type is null
group by answers.survey_word
