-- People whose factors do not multiply to what is predicted of them.
with

products as (
    select
        drivers.customer_key,
        exp(sum(drivers.contribution)) as predicted
    from {{ ref('clv_drivers') }} as drivers
    group by drivers.customer_key
),

predictions as (
    {% for model in ['clv_predictions', 'clv_prospects'] -%}
    select
        predictions.customer_key,
        cast(predictions.predicted_net_revenue_amount as double) as predicted
    from {{ ref(model) }} as predictions
    where
        predictions.horizon_days = {{ var('clv_horizon_days') }}
        and predictions.predicted_net_revenue_amount > 0
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select
    predictions.customer_key,
    predictions.predicted,
    products.predicted as product
from predictions
left join products on predictions.customer_key = products.customer_key
where
    products.predicted is null
    or abs(products.predicted - predictions.predicted)
    > 0.0001 + 0.000001 * predictions.predicted
