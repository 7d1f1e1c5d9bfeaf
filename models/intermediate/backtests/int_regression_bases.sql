{#-
    Grain: one row per origin, horizon and customer: the expectation that the regression
    corrects, the mean of the fitted purchase models, or else the shrunk rate.
-#}
{{ config(materialized='view') }}
with

bases as (
    select
        customers.days_ago,
        origins.horizon_days,
        customers.customer_key,
        coalesce(fitted.model, 'shrunk_rate') as base_model,
        fitted.p_alive,
        coalesce(
            fitted.expected_orders, customers.shrunk_daily_rate * origins.horizon_days
        ) as base_orders,
        fitted.discounted_orders / nullif(fitted.expected_orders, 0) as discount,
        customers.purchase_spend
    from {{ ref('int_customers_estimated') }} as customers
    inner join {{ ref('int_prediction_origins') }} as origins
        on customers.days_ago = origins.days_ago
    left join {{ ref('int_btyd_predictions') }} as fitted
        on
            fitted.is_base
            and customers.days_ago = fitted.days_ago
            and origins.horizon_days = fitted.horizon_days
            and customers.x = fitted.x
            and customers.operational_span = fitted.t_x
            and customers.operational_age = fitted.T
),

final as (
    select
        bases.*,
        bases.base_orders * bases.purchase_spend as base_net_revenue
    from bases
)

select * from final
