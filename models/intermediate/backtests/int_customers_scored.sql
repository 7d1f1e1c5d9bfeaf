{#-
    Grain: one row per customer and horizon: what the model that scores expects of them
    after the as-of day, and how much of it is left when it is discounted.
-#}
with

customers as (
    select
        summary.customer_key,
        summary.x,
        summary.operational_span,
        summary.operational_age,
        selected.purchase_model,
        estimates.spend_model,
        estimates.purchase_spend,
        estimates.shrunk_daily_rate,
        horizons.horizon_days,
        horizons.steady_discount
    from {{ ref('int_customer_purchase_summary') }} as summary
    inner join {{ ref('int_customers_estimated') }} as estimates
        on
            summary.customer_key = estimates.customer_key
            and estimates.days_ago = 0
    cross join {{ ref('int_models_selected') }} as selected
    cross join {{ ref('int_clv_horizons') }} as horizons
),

-- The regression says how much; when within the horizon, the models that it corrects.
scored as (
    select
        customers.customer_key,
        case
            when
                customers.purchase_model <> 'regression'
                or regressions.customer_key is not null
                then customers.purchase_model
            else coalesce(fitted.model, 'shrunk_rate')
        end as purchase_model,
        customers.spend_model,
        customers.horizon_days,
        fitted.p_alive,
        coalesce(
            regressions.predicted_orders,
            fitted.expected_orders,
            customers.shrunk_daily_rate * customers.horizon_days
        ) as predicted_orders,
        coalesce(
            regressions.predicted_net_revenue_amount,
            coalesce(
                fitted.expected_orders,
                customers.shrunk_daily_rate * customers.horizon_days
            ) * customers.purchase_spend
        ) as net_revenue,
        coalesce(
            fitted.discounted_orders / nullif(fitted.expected_orders, 0),
            customers.steady_discount
        ) as discount,
        customers.purchase_spend
    from customers
    left join {{ ref('int_btyd_predictions') }} as fitted
        on
            fitted.days_ago = 0
            and case
                when customers.purchase_model = 'regression' then fitted.is_base
                else customers.purchase_model = fitted.model
            end
            and customers.x = fitted.x
            and customers.operational_span = fitted.t_x
            and customers.operational_age = fitted.T
            and customers.horizon_days = fitted.horizon_days
    left join {{ ref('int_regression_scores') }} as regressions
        on
            customers.purchase_model = 'regression'
            and regressions.days_ago = 0
            and customers.horizon_days = regressions.horizon_days
            and customers.customer_key = regressions.customer_key
)

select * from scored
