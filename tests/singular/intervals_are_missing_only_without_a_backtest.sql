-- Predictions whose intervals are missing although there is a backtest, or the reverse.
with

tested as (
    select
        bounds.horizon_days,
        bounds.model,
        max(case when bounds.target = 'orders' then 1 else 0 end) = 1 as has_orders,
        max(case when bounds.target = 'net_revenue' then 1 else 0 end) = 1
            as has_net_revenue
    from {{ ref('int_interval_bounds') }} as bounds
    where bounds.days_ago = bounds.horizon_days
    group by bounds.horizon_days, bounds.model
)

select
    predictions.customer_key,
    predictions.horizon_days
from {{ ref('clv_predictions') }} as predictions
left join tested
    on
        predictions.horizon_days = tested.horizon_days
        and predictions.purchase_model = tested.model
where
    (predictions.predicted_orders_upper_95 is not null)
    <> coalesce(tested.has_orders, false)
    or (predictions.predicted_net_revenue_upper_95_amount is not null)
    <> coalesce(tested.has_net_revenue, false)
