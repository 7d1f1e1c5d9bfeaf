{#-
    Grain: one row per customer with a purchase. What they have been worth, and what
    they are predicted to be over `clv_horizon_days` and for good.
-#}
with

margins as (
    select
        events.customer_key,
        cast(sum(events.margin_amount) as decimal(18, 4)) as margin_amount,
        cast(-coalesce(sum(
            case when events.event_type = 'service' then events.margin_amount end
        ), 0) as decimal(18, 4)) as service_cost_amount
    from {{ ref('int_revenue_events') }} as events
    group by events.customer_key
),

predictions as (
    select * from {{ ref('clv_predictions') }}
    where horizon_days = {{ var('clv_horizon_days') }}
),

customer_values as (
    select
        summary.customer_key,
        summary.first_purchase_date,
        summary.last_purchase_date,
        summary.as_of_date,
        summary.x as n_repeat_purchases,
        summary.t_x as repeat_span_days,
        summary.T as age_days,
        summary.n_orders,
        summary.net_revenue_amount as historic_net_revenue_amount,
        margins.margin_amount as historic_margin_amount,
        margins.service_cost_amount as historic_service_cost_amount,
        predictions.horizon_days,
        predictions.purchase_model,
        predictions.spend_model,
        predictions.p_alive,
        predictions.predicted_orders,
        predictions.predicted_purchase_amount,
        predictions.predicted_net_revenue_amount,
        predictions.predicted_margin_amount,
        predictions.predicted_net_revenue_lower_80_amount,
        predictions.predicted_net_revenue_upper_80_amount,
        predictions.predicted_net_revenue_lower_95_amount,
        predictions.predicted_net_revenue_upper_95_amount,
        predictions.clv_amount,
        predictions.clv_lower_80_amount,
        predictions.clv_upper_80_amount,
        predictions.clv_lower_95_amount,
        predictions.clv_upper_95_amount,
        cast(lifetimes.clv as decimal(18, 4)) as clv_lifetime_amount
    from {{ ref('int_customer_purchase_summary') }} as summary
    inner join margins on summary.customer_key = margins.customer_key
    inner join predictions on summary.customer_key = predictions.customer_key
    left join {{ ref('int_customer_lifetimes') }} as lifetimes
        on summary.customer_key = lifetimes.customer_key
)

select * from customer_values
