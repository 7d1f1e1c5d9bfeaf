{#-
    Grain: one row per move between two stages and segment. Sankey-ready: whoever came
    is an edge from (first contact), whoever is in a stage now an edge to (still there),
    so that into each stage goes what comes out of it.
-#}
with

moves as (
    select
        segmented.segment_kind,
        segmented.segment,
        segmented.customer_key,
        segmented.stage as from_stage,
        coalesce(segmented.exit_stage, '(still there)') as to_stage,
        segmented.days
    from {{ ref('int_spells_segmented') }} as segmented
    union all
    select
        segmented.segment_kind,
        segmented.segment,
        segmented.customer_key,
        '(first contact)' as from_stage,
        segmented.stage as to_stage,
        cast(null as double) as days
    from {{ ref('int_spells_segmented') }} as segmented
    where segmented.spell_number = 1
),

counted as (
    select
        moves.segment_kind,
        moves.segment,
        moves.from_stage,
        moves.to_stage,
        count(*) as n_transitions,
        count(distinct moves.customer_key) as n_people,
        median(moves.days) as median_days
    from moves
    group by
        moves.segment_kind,
        moves.segment,
        moves.from_stage,
        moves.to_stage
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
