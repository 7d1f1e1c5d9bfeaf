{#-
    Grain: one row per customer with a purchase. Recency, frequency and monetary value
    with scores from 1 to 5. A score counts how many fifths of the customers are
    strictly worse, so that equal customers have equal scores.
-#}
with

customers as (
    select
        summary.customer_key,
        summary.T - summary.t_x as recency_days,
        summary.n_orders,
        summary.net_revenue_amount
    from {{ ref('int_customer_purchase_summary') }} as summary
),

-- rank() - 1 customers are strictly worse.
scored as (
    select
        customers.*,
        {{ rfm_score(
            'rank() over (order by customers.recency_days desc) - 1', 'count(*) over ()'
        ) }} as recency_score,
        {{ rfm_score(
            'rank() over (order by customers.n_orders) - 1', 'count(*) over ()'
        ) }} as frequency_score,
        {{ rfm_score(
            'rank() over (order by customers.net_revenue_amount) - 1', 'count(*) over ()'
        ) }} as monetary_score
    from customers
),

segmented as (
    select
        scored.customer_key,
        cast(scored.recency_days as bigint) as recency_days,
        scored.n_orders,
        scored.net_revenue_amount,
        scored.recency_score,
        scored.frequency_score,
        scored.monetary_score,
        scored.recency_score * 100
        + scored.frequency_score * 10
        + scored.monetary_score as rfm_cell,
        grid.rfm_segment
    from scored
    left join {{ ref('rfm_segment_grid') }} as grid
        on
            scored.recency_score = grid.recency_score
            and scored.frequency_score = grid.frequency_score
)

select * from segmented
