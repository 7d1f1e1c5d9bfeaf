{#-
    Grain: one row per customer and horizon: what the model that scores expects of them
    after the as-of day, and how much of it is left when it is discounted.
-#}
{{ config(materialized='view') }}
with

-- Each horizon, and which models score.
scoring as (
    select
        horizons.horizon_days,
        horizons.steady_discount,
        selected.purchase_model,
        fits.spend_model
    from {{ ref('int_clv_horizons') }} as horizons
    cross join {{ ref('int_models_selected') }} as selected
    cross join {{ ref('int_origin_fits') }} as fits
    where fits.days_ago = 0
),

-- The regression says how much; when within the horizon, the models that it corrects.
regressed as (
    select
        scores.customer_key,
        case
            when scores.predicted_orders is not null then scoring.purchase_model
            else scores.base_model
        end as purchase_model,
        scoring.spend_model,
        scoring.horizon_days,
        scores.p_alive,
        coalesce(scores.predicted_orders, scores.base_orders) as predicted_orders,
        coalesce(scores.predicted_net_revenue_amount, scores.base_net_revenue)
            as net_revenue,
        coalesce(scores.discount, scoring.steady_discount) as discount,
        scores.purchase_spend
    from {{ ref('int_regression_scores') }} as scores
    inner join scoring on scores.horizon_days = scoring.horizon_days
    where
        scoring.purchase_model = 'regression'
        and scores.days_ago = 0
),

customers as (
    select
        estimates.customer_key,
        estimates.x,
        estimates.operational_span,
        estimates.operational_age,
        estimates.purchase_spend,
        estimates.shrunk_daily_rate * scoring.horizon_days as shrunk_orders,
        scoring.purchase_model,
        scoring.spend_model,
        scoring.horizon_days,
        scoring.steady_discount
    from {{ ref('int_customers_estimated') }} as estimates
    cross join scoring
    where
        estimates.days_ago = 0
        and scoring.purchase_model <> 'regression'
),

looked_up as (
    select
        customers.customer_key,
        coalesce(fitted.model, 'shrunk_rate') as purchase_model,
        customers.spend_model,
        customers.horizon_days,
        fitted.p_alive,
        coalesce(fitted.expected_orders, customers.shrunk_orders) as predicted_orders,
        coalesce(fitted.expected_orders, customers.shrunk_orders)
        * customers.purchase_spend as net_revenue,
        coalesce(
            fitted.discounted_orders / nullif(fitted.expected_orders, 0),
            customers.steady_discount
        ) as discount,
        customers.purchase_spend
    from customers
    left join {{ ref('int_btyd_predictions') }} as fitted
        on
            fitted.days_ago = 0
            and customers.purchase_model = fitted.model
            and customers.x = fitted.x
            and customers.operational_span = fitted.t_x
            and customers.operational_age = fitted.T
            and customers.horizon_days = fitted.horizon_days
),

final as (
    select * from regressed
    union all
    select * from looked_up
)

select * from final
