{#-
    Grain: one row per spell: an unbroken stay of a person in a stage, within a cycle,
    as it stands at the as-of time.
-#}
{{ config(
    materialized='incremental',
    incremental_strategy='touched_people',
) }}

with

changes as (
    select
        all_changes.*,
        lag(all_changes.stage) over (
            partition by all_changes.customer_key, all_changes.cycle_number
            order by all_changes.changed_at asc
        ) as previous_stage
    from {{ ref('int_stage_changes') }} as all_changes
    where {{ touched('all_changes.customer_key') }}
),

entries as (
    select
        changes.customer_key,
        changes.cycle_number,
        changes.stage,
        changes.previous_stage,
        changes.changed_at as entered_at,
        row_number() over by_person as spell_number,
        lead(changes.stage) over by_person as next_stage,
        lead(changes.changed_at) over by_person as next_at
    from changes
    where changes.previous_stage is null or changes.previous_stage <> changes.stage
    window by_person as (
        partition by changes.customer_key
        order by changes.changed_at asc
    )
),

spells as (
    select
        entries.customer_key,
        entries.spell_number,
        entries.cycle_number,
        entries.stage,
        entries.previous_stage,
        entries.entered_at,
        case when entries.next_at <= as_of.as_of_at then entries.next_at end
            as exited_at,
        case when entries.next_at <= as_of.as_of_at then entries.next_stage end
            as exit_stage,
        case when entries.next_at > as_of.as_of_at then entries.next_at end as due_at
    from entries
    inner join {{ ref('int_as_of') }} as as_of
        on entries.entered_at <= as_of.as_of_at
)

select * from spells
