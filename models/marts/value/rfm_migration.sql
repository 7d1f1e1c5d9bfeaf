{#-
    Grain: one row per month, RFM segment at its beginning and segment at its end, of
    the last `rfm_migration_months` months; the last one ends on the as-of day. Who had
    not bought before the month comes from (new).
-#}
with

moves as (
    select
        states.migration_month,
        states.snapshot_date,
        states.is_complete_month,
        coalesce(scored_before.rfm_segment, '(new)') as from_segment,
        scored.rfm_segment as to_segment,
        case
            when scored_before.rfm_segment is null then 'new'
            when scored.segment_rank < scored_before.segment_rank then 'up'
            when scored.segment_rank > scored_before.segment_rank then 'down'
            else 'stayed'
        end as direction,
        states.n_customers,
        states.net_revenue_before_amount,
        states.net_revenue_amount
    from {{ ref('int_rfm_states') }} as states
    inner join {{ ref('int_rfm_states_scored') }} as scored
        on
            states.months_ago = scored.months_ago
            and states.last_purchase_date = scored.last_purchase_date
            and states.n_orders = scored.n_orders
    left join {{ ref('int_rfm_states_scored') }} as scored_before
        on
            states.months_ago + 1 = scored_before.months_ago
            and states.last_purchase_date_before = scored_before.last_purchase_date
            and states.n_orders_before = scored_before.n_orders
    where states.months_ago < {{ var('rfm_migration_months') }}
),

summed as (
    select
        moves.migration_month,
        moves.snapshot_date,
        moves.is_complete_month,
        moves.from_segment,
        moves.to_segment,
        moves.direction,
        cast(sum(moves.n_customers) as bigint) as n_customers,
        cast(sum(moves.net_revenue_before_amount) as decimal(18, 4))
            as net_revenue_before_amount,
        cast(sum(moves.net_revenue_amount) as decimal(18, 4)) as net_revenue_amount
    from moves
    group by
        moves.migration_month,
        moves.snapshot_date,
        moves.is_complete_month,
        moves.from_segment,
        moves.to_segment,
        moves.direction
),

totals as (
    select
        summed.*,
        cast(
            sum(summed.n_customers) over (
                partition by summed.migration_month, summed.from_segment
            ) as bigint
        ) as n_from_segment
    from summed
),

final as (
    select
        totals.migration_month,
        totals.snapshot_date,
        totals.is_complete_month,
        totals.from_segment,
        totals.to_segment,
        totals.direction,
        totals.n_customers,
        totals.n_from_segment,
        cast(totals.n_customers as double) / nullif(totals.n_from_segment, 0)
            as move_share,
        {{ wilson_bound('totals.n_customers', 'totals.n_from_segment', 'lower') }}
            as move_share_lower,
        {{ wilson_bound('totals.n_customers', 'totals.n_from_segment', 'upper') }}
            as move_share_upper,
        totals.net_revenue_before_amount,
        totals.net_revenue_amount
    from totals
)

select * from final
