{#-
    Grain: one row per past origin, horizon, model and customer known at it. What the
    model, fitted on what was known by then, predicted, and what came. `zero`,
    `rate_persists` and `last_period_again` are what a prediction has to beat.
-#}
with

customers as (
    select
        outcomes.*,
        estimates.purchase_spend,
        estimates.shrunk_daily_rate * outcomes.horizon_days as shrunk_orders,
        coalesce(cast(outcomes.x as double) / nullif(outcomes.T, 0), 0)
        * outcomes.horizon_days as persisting_orders,
        greatest(cast(outcomes.historic_net_revenue_amount as double), 0)
        / (outcomes.x + 1) as mean_spend
    from {{ ref('int_backtest_outcomes') }} as outcomes
    inner join {{ ref('int_customers_estimated') }} as estimates
        on
            outcomes.days_ago = estimates.days_ago
            and outcomes.customer_key = estimates.customer_key
),

fitted as (
    select
        customers.*,
        fitted.model,
        fitted.expected_orders as predicted_orders,
        fitted.expected_orders * customers.purchase_spend
            as predicted_net_revenue_amount
    from customers
    inner join {{ ref('int_btyd_predictions') }} as fitted
        on
            customers.days_ago = fitted.days_ago
            and customers.horizon_days = fitted.horizon_days
            and customers.x = fitted.x
            and customers.operational_span = fitted.t_x
            and customers.operational_age = fitted.T
),

shrunk as (
    select
        customers.*,
        'shrunk_rate' as model,
        customers.shrunk_orders as predicted_orders,
        customers.shrunk_orders * customers.purchase_spend
            as predicted_net_revenue_amount
    from customers
),

rate_persists as (
    select
        customers.*,
        'rate_persists' as model,
        customers.persisting_orders as predicted_orders,
        customers.persisting_orders * customers.mean_spend
            as predicted_net_revenue_amount
    from customers
),

last_period_again as (
    select
        customers.*,
        'last_period_again' as model,
        cast(customers.earlier_orders as double) as predicted_orders,
        cast(customers.earlier_net_revenue_amount as double)
            as predicted_net_revenue_amount
    from customers
),

zero as (
    select
        customers.*,
        'zero' as model,
        cast(0 as double) as predicted_orders,
        cast(0 as double) as predicted_net_revenue_amount
    from customers
),

{% set models = ['fitted', 'shrunk', 'rate_persists', 'last_period_again', 'zero'] -%}
predictions as (
    {% for model in models -%}
    select
        {{ model }}.days_ago,
        {{ model }}.horizon_days,
        {{ model }}.model,
        {{ model }}.customer_key,
        {{ model }}.x,
        {{ model }}.predicted_orders,
        {{ model }}.predicted_net_revenue_amount,
        {{ model }}.actual_orders,
        {{ model }}.actual_net_revenue_amount
    from {{ model }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select * from predictions
