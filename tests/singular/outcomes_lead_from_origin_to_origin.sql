-- Purchases and net revenue at an origin, and what came after, make those at the next.
select
    outcomes.days_ago,
    outcomes.horizon_days,
    outcomes.customer_key
from {{ ref('int_backtest_outcomes') }} as outcomes
left join {{ ref('int_customers_at_origins') }} as later
    on
        outcomes.days_ago - outcomes.horizon_days = later.days_ago
        and outcomes.customer_key = later.customer_key
where
    later.customer_key is null
    or outcomes.x + outcomes.actual_orders <> later.x
    or outcomes.historic_net_revenue_amount + outcomes.actual_net_revenue_amount
    <> later.net_revenue_amount
