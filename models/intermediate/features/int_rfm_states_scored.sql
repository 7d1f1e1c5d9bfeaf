{#-
    Grain: one row per month-end and state of a customer then: recency and frequency
    score, and the RFM segment, as `rfm_scores` has them on the as-of day.
-#}
with

states as (
    select
        moves.months_ago,
        moves.last_purchase_date,
        moves.n_orders,
        sum(moves.n_customers) as n_customers
    from {{ ref('int_rfm_states') }} as moves
    group by moves.months_ago, moves.last_purchase_date, moves.n_orders
),

-- Who shares the value is no worse: of the peers' running count their own is taken.
scored as (
    select
        states.*,
        {{ rfm_score(
            'sum(states.n_customers) over by_recency
            - sum(states.n_customers) over of_recency',
            'sum(states.n_customers) over of_month',
        ) }} as recency_score,
        {{ rfm_score(
            'sum(states.n_customers) over by_frequency
            - sum(states.n_customers) over of_frequency',
            'sum(states.n_customers) over of_month',
        ) }} as frequency_score
    from states
    window
        of_month as (partition by states.months_ago),
        by_recency as (
            partition by states.months_ago
            order by states.last_purchase_date
            range between unbounded preceding and current row
        ),
        of_recency as (
            partition by states.months_ago, states.last_purchase_date
        ),
        by_frequency as (
            partition by states.months_ago
            order by states.n_orders
            range between unbounded preceding and current row
        ),
        of_frequency as (partition by states.months_ago, states.n_orders)
),

segmented as (
    select
        scored.months_ago,
        scored.last_purchase_date,
        scored.n_orders,
        scored.recency_score,
        scored.frequency_score,
        grid.rfm_segment,
        grid.segment_rank
    from scored
    left join {{ ref('rfm_segment_grid') }} as grid
        on
            scored.recency_score = grid.recency_score
            and scored.frequency_score = grid.frequency_score
)

select * from segmented
