{#-
    Grain: one row per stage spell. How it came out, and by what it is told apart: the
    channel of the person's first contact ever and the device on which the spell was
    entered. Both are known when it begins, so that no segment selects by its outcome.
-#}
{{ config(
    materialized='incremental',
    incremental_strategy='touched_people',
) }}
with

spells as (
    select
        stage_spells.spell_key,
        stage_spells.customer_key,
        stage_spells.spell_number,
        stage_spells.cycle_number,
        stage_spells.stage,
        stage_spells.exit_stage,
        stage_spells.entered_at,
        stage_spells.exited_at,
        stage_spells.days,
        {{ stage_rank('stage_spells.stage') }} as stage_rank,
        {{ stage_rank('stage_spells.exit_stage') }} as exit_stage_rank,
        lead(stage_spells.cycle_number) over (
            partition by stage_spells.customer_key
            order by stage_spells.spell_number
        ) as next_cycle_number
    from {{ ref('fct_stage_spells') }} as stage_spells
    where {{ touched('stage_spells.customer_key') }}
),

-- Of several contacts at the instant of the entry, the first by name.
entries as (
    select
        spells.customer_key,
        spells.spell_number,
        interactions.channel,
        interactions.device_type,
        row_number() over (
            partition by spells.customer_key, spells.spell_number
            order by interactions.interaction_id
        ) as contact_rank
    from {{ ref('fct_interactions') }} as interactions
    inner join spells
        on
            interactions.customer_key = spells.customer_key
            and interactions.occurred_at = spells.entered_at
    where {{ touched('interactions.customer_key') }}
),

judged as (
    select
        spells.spell_key,
        spells.customer_key,
        spells.spell_number,
        spells.stage,
        cast(spells.stage_rank as integer) as stage_rank,
        spells.exit_stage,
        case
            when spells.exited_at is null then 'open'
            when spells.stage = 'lapsed' then 'converted'
            when spells.exit_stage = 'lapsed' then 'dropped'
            -- Lapsed, and back at that very instant.
            when spells.next_cycle_number > spells.cycle_number then 'dropped'
            when spells.exit_stage_rank > spells.stage_rank then 'converted'
            else 'dropped'
        end as outcome,
        cast(
            {{ dbt.date_trunc('month', reporting_date('spells.entered_at')) }} as date
        ) as entered_month,
        coalesce(first_entries.channel, 'unknown') as first_channel,
        coalesce(entries.device_type, 'none') as entry_device,
        spells.entered_at,
        spells.exited_at,
        spells.days
    from spells
    left join entries
        on
            spells.customer_key = entries.customer_key
            and spells.spell_number = entries.spell_number
            and entries.contact_rank = 1
    left join entries as first_entries
        on
            spells.customer_key = first_entries.customer_key
            and first_entries.spell_number = 1
            and first_entries.contact_rank = 1
)

select * from judged
