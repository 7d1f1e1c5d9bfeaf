{#-
    Grain: one row per move between two stages and segment. Sankey-ready: whoever came
    is an edge from (first contact), whoever is in a stage now an edge to (still there),
    so that into each stage goes what comes out of it.
-#}
with

segment_kinds as (
    select 'all' as segment_kind
    union all
    select 'first_channel' as segment_kind
    union all
    select 'device' as segment_kind
),

moves as (
    select
        judged.customer_key,
        judged.first_channel,
        judged.entry_device,
        judged.stage as from_stage,
        coalesce(judged.exit_stage, '(still there)') as to_stage,
        judged.days
    from {{ ref('int_spells_judged') }} as judged
    union all
    select
        judged.customer_key,
        judged.first_channel,
        judged.entry_device,
        '(first contact)' as from_stage,
        judged.stage as to_stage,
        cast(null as double) as days
    from {{ ref('int_spells_judged') }} as judged
    where judged.spell_number = 1
),

segmented as (
    select
        segment_kinds.segment_kind,
        case segment_kinds.segment_kind
            when 'first_channel' then moves.first_channel
            when 'device' then moves.entry_device
            else 'all'
        end as segment,
        moves.from_stage,
        moves.to_stage,
        moves.customer_key,
        moves.days
    from moves
    cross join segment_kinds
),

counted as (
    select
        segmented.segment_kind,
        segmented.segment,
        segmented.from_stage,
        segmented.to_stage,
        count(*) as n_transitions,
        count(distinct segmented.customer_key) as n_people,
        median(segmented.days) as median_days
    from segmented
    group by
        segmented.segment_kind,
        segmented.segment,
        segmented.from_stage,
        segmented.to_stage
),

totals as (
    select
        counted.*,
        cast(
            sum(counted.n_transitions) over (
                partition by
                    counted.segment_kind, counted.segment, counted.from_stage
            ) as bigint
        ) as n_from_stage
    from counted
),

final as (
    select
        totals.segment_kind,
        totals.segment,
        totals.from_stage,
        totals.to_stage,
        totals.n_transitions,
        totals.n_people,
        totals.n_from_stage,
        cast(totals.n_transitions as double) / nullif(totals.n_from_stage, 0)
            as transition_rate,
        {{ wilson_bound('totals.n_transitions', 'totals.n_from_stage', 'lower') }}
            as transition_rate_lower,
        {{ wilson_bound('totals.n_transitions', 'totals.n_from_stage', 'upper') }}
            as transition_rate_upper,
        totals.median_days
    from totals
)

select * from final
