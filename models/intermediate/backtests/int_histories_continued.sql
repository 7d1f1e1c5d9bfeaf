{#-
    Grain: one row per past origin, horizon and purchase history: what those who had it
    were expected to buy, by the mean of the purchase models, and did.
-#}
with

outcomes as (
    select
        outcomes.days_ago,
        outcomes.horizon_days,
        outcomes.x,
        outcomes.operational_span as t_x,
        outcomes.operational_age as T,
        count(*) as n_customers,
        cast(sum(outcomes.actual_orders) as bigint) as actual_orders,
        cast(sum(outcomes.actual_orders * outcomes.actual_orders) as bigint)
            as sum_of_squared_orders
    from {{ ref('int_backtest_outcomes') }} as outcomes
    group by
        outcomes.days_ago,
        outcomes.horizon_days,
        outcomes.x,
        outcomes.operational_span,
        outcomes.operational_age
),

final as (
    select
        outcomes.days_ago,
        outcomes.horizon_days,
        outcomes.x,
        outcomes.t_x,
        outcomes.T,
        fitted.expected_orders,
        fitted.orders_if_alive,
        outcomes.n_customers,
        outcomes.actual_orders,
        outcomes.sum_of_squared_orders
    from outcomes
    inner join {{ ref('int_orders_expected') }} as fitted
        on
            fitted.model = 'btyd_average'
            and outcomes.days_ago = fitted.days_ago
            and outcomes.horizon_days = fitted.horizon_days
            and outcomes.x = fitted.x
            and outcomes.t_x = fitted.t_x
            and outcomes.T = fitted.T
)

select * from final
