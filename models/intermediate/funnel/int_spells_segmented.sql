{#-
    Grain: one row per stage spell and kind of segment: all, first channel and device.
    Every spell is once in each kind.
-#}
{{ config(materialized='view') }}
with

segment_kinds as (
    select 'all' as segment_kind
    union all
    select 'first_channel' as segment_kind
    union all
    select 'device' as segment_kind
),

segmented as (
    select
        segment_kinds.segment_kind,
        case segment_kinds.segment_kind
            when 'first_channel' then judged.first_channel
            when 'device' then judged.entry_device
            else 'all'
        end as segment,
        judged.customer_key,
        judged.spell_number,
        judged.stage,
        judged.stage_rank,
        judged.exit_stage,
        judged.outcome,
        judged.entered_month,
        judged.entered_at,
        judged.exited_at,
        judged.days
    from {{ ref('int_spells_judged') }} as judged
    cross join segment_kinds
)

select * from segmented
