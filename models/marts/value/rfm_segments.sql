{#-
    Grain: one row per named segment, the empty ones too. How many customers it has,
    what they have been worth and what they are predicted to be.
-#}
with

segments as (
    select
        grid.rfm_segment,
        min(grid.segment_rank) as segment_rank,
        min(grid.meaning) as meaning,
        min(grid.action) as action
    from {{ ref('rfm_segment_grid') }} as grid
    group by grid.rfm_segment
),

customers as (
    select
        scores.rfm_segment,
        scores.recency_days,
        scores.n_orders,
        scores.net_revenue_amount,
        values_.predicted_net_revenue_amount,
        values_.clv_amount
    from {{ ref('rfm_scores') }} as scores
    inner join {{ ref('clv_customers') }} as values_
        on scores.customer_key = values_.customer_key
),

totals as (
    select
        segments.rfm_segment,
        segments.segment_rank,
        segments.meaning,
        segments.action,
        count(customers.rfm_segment) as n_customers,
        cast(coalesce(sum(customers.n_orders), 0) as bigint) as n_orders,
        cast(
            sum(cast(customers.recency_days as bigint)) as double
        ) / nullif(count(customers.rfm_segment), 0) as mean_recency_days,
        cast(coalesce(sum(customers.net_revenue_amount), 0) as decimal(18, 4))
            as net_revenue_amount,
        cast(coalesce(sum(customers.predicted_net_revenue_amount), 0) as decimal(18, 4))
            as predicted_net_revenue_amount,
        cast(coalesce(sum(customers.clv_amount), 0) as decimal(18, 4)) as clv_amount
    from segments
    left join customers on segments.rfm_segment = customers.rfm_segment
    group by
        segments.rfm_segment,
        segments.segment_rank,
        segments.meaning,
        segments.action
),

segment_values as (
    select
        totals.rfm_segment,
        cast(totals.segment_rank as integer) as segment_rank,
        totals.meaning,
        totals.action,
        totals.n_customers,
        coalesce(
            cast(totals.n_customers as double)
            / nullif(sum(totals.n_customers) over (), 0), 0
        ) as customer_share,
        totals.n_orders,
        totals.mean_recency_days,
        totals.net_revenue_amount,
        coalesce(
            cast(totals.net_revenue_amount as double)
            / nullif(cast(sum(totals.net_revenue_amount) over () as double), 0), 0
        ) as net_revenue_share,
        totals.predicted_net_revenue_amount,
        totals.clv_amount
    from totals
)

select * from segment_values
