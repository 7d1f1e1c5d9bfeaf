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

entries as (
    select
        sampled.customer_key,
        interactions.channel as entry_channel,
        row_number() over (
            partition by sampled.customer_key
            order by interactions.interaction_id
        ) as contact_rank
    from sampled
    inner join {{ ref('fct_interactions') }} as interactions
        on
            sampled.customer_key = interactions.customer_key
            and sampled.first_contact_at = interactions.occurred_at
),

final as (
    select
        sampled.customer_key,
        {{ day_number('sampled.first_contact_at') }} as first_day,
        coalesce(entries.entry_channel, 'none') as entry_channel,
        sampled.n_people as n_people_in_all
    from sampled
    left join entries
        on
            sampled.customer_key = entries.customer_key
            and entries.contact_rank = 1
)

select * from final
