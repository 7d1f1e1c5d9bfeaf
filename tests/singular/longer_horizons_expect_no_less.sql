-- Customers of whom the regression expects more over a shorter horizon than over a
-- longer one.
with

predictions as (
    select
        predictions.customer_key,
        predictions.horizon_days,
        predictions.predicted_orders,
        predictions.predicted_net_revenue_amount,
        lag(predictions.predicted_orders) over by_customer as shorter_orders,
        lag(predictions.predicted_net_revenue_amount) over by_customer
            as shorter_net_revenue_amount
    from {{ ref('clv_predictions') }} as predictions
    where predictions.purchase_model = 'regression'
    window by_customer as (
        partition by predictions.customer_key
        order by predictions.horizon_days
    )
)

select predictions.*
from predictions
where
    predictions.shorter_orders > predictions.predicted_orders
    or predictions.shorter_net_revenue_amount
    > predictions.predicted_net_revenue_amount
