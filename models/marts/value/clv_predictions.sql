{#-
    Grain: one row per customer and horizon. Joins the fitted lookups back to the
    customers, scores their spend, and puts the intervals around both that a backtest
    one horizon ago says are right.
-#}
with

margin as (
    select
        coalesce(
            cast(sum(events.margin_amount) as double)
            / nullif(cast(sum(events.net_revenue_amount) as double), 0),
            {{ var('gross_margin_rate') }}
        ) as margin_rate
    from {{ ref('int_revenue_events') }} as events
),

-- A steady stream of orders over h days is worth (1 - v^h) / (h ln(1/v)) of its sum.
horizons as (
    {% for horizon in var('clv_horizons') -%}
    select
        {{ horizon }} as horizon_days,
        {% if var('discount_rate') > 0 -%}
        (1 - exp(-ln(1 + {{ var('discount_rate') }}) * {{ horizon }} / 365.0))
        / (ln(1 + {{ var('discount_rate') }}) * {{ horizon }} / 365.0)
        {%- else -%}
        1.0
        {%- endif %} as steady_discount
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

customers as (
    select
        summary.customer_key,
        summary.x,
        summary.t_x,
        summary.T,
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
    cross join horizons
),

-- The regression says how much; when within the horizon, the models that it corrects.
orders as (
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
            and customers.t_x = fitted.t_x
            and customers.T = fitted.T
            and customers.horizon_days = fitted.horizon_days
    left join {{ ref('int_regression_scores') }} as regressions
        on
            customers.purchase_model = 'regression'
            and regressions.days_ago = 0
            and customers.horizon_days = regressions.horizon_days
            and customers.customer_key = regressions.customer_key
),

amounts as (
    select
        orders.*,
        orders.net_revenue * orders.discount * margin.margin_rate as clv,
        margin.margin_rate
    from orders
    cross join margin
),

predictions as (
    select
        amounts.customer_key,
        cast(amounts.horizon_days as integer) as horizon_days,
        amounts.purchase_model,
        amounts.spend_model,
        amounts.p_alive,
        amounts.predicted_orders,
        cast(
            coalesce(
                amounts.net_revenue / nullif(amounts.predicted_orders, 0),
                amounts.purchase_spend
            ) as decimal(18, 4)
        ) as predicted_purchase_amount,
        cast(amounts.net_revenue as decimal(18, 4)) as predicted_net_revenue_amount,
        cast(amounts.net_revenue * amounts.margin_rate as decimal(18, 4))
            as predicted_margin_amount,
        {% for level, end in [
            (80, 'lower'), (80, 'upper'), (95, 'lower'), (95, 'upper'),
        ] -%}
        amounts.predicted_orders * of_orders.{{ end }}_ratio_{{ level }}
            as predicted_orders_{{ end }}_{{ level }},
        cast(
            amounts.net_revenue * of_revenue.{{ end }}_ratio_{{ level }}
            as decimal(18, 4)
        ) as predicted_net_revenue_{{ end }}_{{ level }}_amount,
        cast(amounts.clv * of_revenue.{{ end }}_ratio_{{ level }} as decimal(18, 4))
            as clv_{{ end }}_{{ level }}_amount,
        {% endfor -%}
        cast(amounts.clv as decimal(18, 4)) as clv_amount
    from amounts
    left join {{ ref('int_interval_bounds') }} as of_orders
        on
            amounts.horizon_days = of_orders.horizon_days
            and amounts.horizon_days = of_orders.days_ago
            and amounts.purchase_model = of_orders.model
            and of_orders.target = 'orders'
            and amounts.predicted_orders >= of_orders.predicted_from
            and amounts.predicted_orders < coalesce(of_orders.predicted_below, 1e300)
    left join {{ ref('int_interval_bounds') }} as of_revenue
        on
            amounts.horizon_days = of_revenue.horizon_days
            and amounts.horizon_days = of_revenue.days_ago
            and amounts.purchase_model = of_revenue.model
            and of_revenue.target = 'net_revenue'
            and amounts.net_revenue >= of_revenue.predicted_from
            and amounts.net_revenue < coalesce(of_revenue.predicted_below, 1e300)
)

select * from predictions
