{#-
    The spells of a person tile the time from the first contact to the as-of time: they
    are numbered from 1, each begins when the one before it ends and is another stage or
    another cycle, the last one alone is open, and whoever has a contact has spells.
-#}
{% test spells_tile(model, contacts, as_of) %}
with

neighbours as (
    select
        spells.*,
        row_number() over by_person as expected_number,
        lag(spells.exited_at) over by_person as previous_exited_at,
        lag(spells.exit_stage) over by_person as previous_exit_stage,
        lag(spells.stage) over by_person as stage_before,
        lag(spells.cycle_number) over by_person as previous_cycle_number,
        lead(spells.spell_number) over by_person as next_number
    from {{ model }} as spells
    window by_person as (
        partition by spells.customer_key
        order by spells.spell_number asc
    )
),

first_contacts as (
    select
        contacts.customer_key,
        min(contacts.occurred_at) as first_contact_at
    from {{ contacts }} as contacts
    group by contacts.customer_key
),

problems as (
    select
        coalesce(neighbours.customer_key, first_contacts.customer_key) as customer_key,
        neighbours.spell_number,
        case
            when neighbours.customer_key is null then 'contacts without a spell'
            when first_contacts.customer_key is null then 'a spell without contacts'
            when neighbours.spell_number <> neighbours.expected_number
                then 'a number is missing'
            when
                neighbours.spell_number = 1
                and neighbours.entered_at <> first_contacts.first_contact_at
                then 'not from the first contact on'
            when
                neighbours.spell_number > 1
                and neighbours.entered_at is distinct from neighbours.previous_exited_at
                then 'a gap or an overlap'
            when
                neighbours.spell_number > 1
                and neighbours.stage is distinct from neighbours.previous_exit_stage
                then 'another stage than the exit said'
            when
                neighbours.stage = neighbours.stage_before
                and neighbours.cycle_number = neighbours.previous_cycle_number
                then 'the same stage again'
            when neighbours.cycle_number < neighbours.previous_cycle_number
                then 'an earlier cycle'
            when neighbours.exited_at <= neighbours.entered_at then 'of no length'
            when (neighbours.exited_at is null) <> (neighbours.next_number is null)
                then 'open, and not the last; or the last, and not open'
            when
                neighbours.entered_at > as_of.as_of_at
                or neighbours.exited_at > as_of.as_of_at
                then 'after the as-of time'
        end as problem
    from neighbours
    full outer join first_contacts
        on neighbours.customer_key = first_contacts.customer_key
    cross join {{ as_of }} as as_of
)

select *
from problems
where problems.problem is not null
{% endtest %}
