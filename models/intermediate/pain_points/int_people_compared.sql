{#-
    Grain: one row per person whose days are compared: everybody, or a sample of
    `pain_point_people`, so that the cost is bounded. Customer keys are hashes, so the
    first of them in their order are a random sample.
-#}
with

everybody as (
    select
        spells.customer_key,
        min(spells.entered_at) as first_contact_at
    from {{ ref('fct_stage_spells') }} as spells
    group by spells.customer_key
),

numbered as (
    select
        everybody.customer_key,
        everybody.first_contact_at,
        row_number() over (order by everybody.customer_key) as person_number,
        count(*) over () as n_people
    from everybody
),

sampled as (
    select
        numbered.customer_key,
        numbered.first_contact_at,
        numbered.n_people
    from numbered
    where numbered.person_number <= {{ var('pain_point_people') }}
),

final as (
    select
        sampled.customer_key,
        {{ day_number('sampled.first_contact_at') }} as first_day,
        coalesce(contacted.acquisition_channel, 'none') as entry_channel,
        sampled.n_people as n_people_in_all
    from sampled
    left join {{ ref('int_people_contacted') }} as contacted
        on sampled.customer_key = contacted.customer_key
)

select * from final
