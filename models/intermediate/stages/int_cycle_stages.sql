{#-
    Grain: one row per person, cycle and stage that the person was in. A stage that was
    left and entered again is one row: from the first entry to the last exit.
-#}
{{ config(
    materialized='incremental',
    incremental_strategy='touched_people',
) }}

with

spells as (
    select
        all_spells.*,
        row_number() over (
            partition by
                all_spells.customer_key, all_spells.cycle_number, all_spells.stage
            order by all_spells.spell_number desc
        ) as spells_from_last
    from {{ ref('int_stage_spells') }} as all_spells
    where {{ touched('all_spells.customer_key') }}
),

stages as (
    select
        spells.customer_key,
        spells.cycle_number,
        spells.stage,
        max(case when spells.spells_from_last = 1 then spells.exit_stage end)
            as to_stage,
        count(*) as n_spells,
        min(spells.entered_at) as entered_at,
        max(spells.entered_at) as last_entered_at,
        max(case when spells.spells_from_last = 1 then spells.exited_at end)
            as left_at,
        sum(
            cast(
                {{ days_between('spells.entered_at', 'spells.exited_at') }}
                as decimal(28, 12)
            )
        ) as days
    from spells
    group by spells.customer_key, spells.cycle_number, spells.stage
),

final as (
    select
        stages.customer_key,
        stages.cycle_number,
        stages.stage,
        stages.to_stage,
        stages.n_spells,
        case when stages.left_at is not null then cast(stages.days as double) end
            as days,
        stages.left_at is null as is_open,
        stages.entered_at,
        stages.last_entered_at,
        stages.left_at
    from stages
)

select * from final
