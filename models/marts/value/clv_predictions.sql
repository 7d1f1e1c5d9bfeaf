{#-
    Grain: one row per customer and horizon. Joins the fitted lookups back to the
    customers and scores their spend from the parameters.
-#}
with

customers as (
    select
        summary.*,
        selected.purchase_model,
        selected.spend_model
    from {{ ref('int_customer_purchase_summary') }} as summary
    cross join {{ ref('int_models_selected') }} as selected
),

gamma_gamma as (
    select
        max(case when parameters.parameter = 'p' then parameters.estimate end) as p,
        max(case when parameters.parameter = 'q' then parameters.estimate end) as q,
        max(case when parameters.parameter = 'gamma' then parameters.estimate end)
            as gamma
    from {{ ref('btyd_parameters') }} as parameters
    where parameters.model = 'gamma_gamma' and parameters.status = 'fitted'
),

population as (
    select
        cast(sum(summary.x) as double) as repeat_purchases,
        cast(sum(summary.T) as double) as customer_days,
        greatest(cast(sum(summary.net_revenue_amount) as double), 0)
        / nullif(cast(sum(summary.x + 1) as double), 0) as purchase_spend
    from {{ ref('int_customer_purchase_summary') }} as summary
),

margin as (
    select
        coalesce(
            cast(sum(events.margin_amount) as double)
            / nullif(cast(sum(events.net_revenue_amount) as double), 0),
            {{ var('gross_margin_rate') }}
        ) as margin_rate
    from {{ ref('int_revenue_events') }} as events
),

horizons as (
    {% for horizon in var('clv_horizons') -%}
    select {{ horizon }} as horizon_days
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

spends as (
    select
        customers.customer_key,
        case
            -- Fader and Hardie (2013), eq. 5; a loss counts as no spend.
            when customers.spend_model = 'gamma_gamma'
                then
                    gamma_gamma.p * (
                        gamma_gamma.gamma
                        + greatest(
                            cast(customers.repeat_net_revenue_amount as double), 0
                        )
                    ) / (gamma_gamma.p * customers.x + gamma_gamma.q - 1)
            -- The mean purchase of all, as if everybody had made one such before.
            else
                (
                    greatest(cast(customers.net_revenue_amount as double), 0)
                    + population.purchase_spend
                ) / (customers.x + 2)
        end as purchase_spend
    from customers
    cross join gamma_gamma
    cross join population
),

orders as (
    select
        customers.customer_key,
        customers.purchase_model,
        customers.spend_model,
        horizons.horizon_days,
        fitted.p_alive,
        case
            when customers.purchase_model <> 'shrunk_rate' then fitted.expected_orders
            -- The rate of all, as if everybody had bought once more at that rate.
            when population.repeat_purchases = 0 then 0
            else
                horizons.horizon_days * (customers.x + 1) / (
                    customers.T
                    + population.customer_days / population.repeat_purchases
                )
        end as predicted_orders,
        fitted.discounted_orders
    from customers
    cross join horizons
    cross join population
    left join {{ ref('py_btyd_predictions') }} as fitted
        on
            customers.purchase_model = fitted.model
            and customers.x = fitted.x
            and customers.t_x = fitted.t_x
            and customers.T = fitted.T
            and horizons.horizon_days = fitted.horizon_days
),

-- A steady stream of orders over h days is worth (1 - v^h) / (h ln(1/v)) of its sum.
discounts as (
    select
        horizons.horizon_days,
        {% if var('discount_rate') > 0 -%}
        (1 - exp(-ln(1 + {{ var('discount_rate') }}) * horizons.horizon_days / 365.0))
        / (ln(1 + {{ var('discount_rate') }}) * horizons.horizon_days / 365.0)
        {%- else -%}
        1.0
        {%- endif %} as steady_discount
    from horizons
),

predictions as (
    select
        orders.customer_key,
        cast(orders.horizon_days as integer) as horizon_days,
        orders.purchase_model,
        orders.spend_model,
        orders.p_alive,
        orders.predicted_orders,
        cast(spends.purchase_spend as decimal(18, 4)) as predicted_purchase_amount,
        cast(orders.predicted_orders * spends.purchase_spend as decimal(18, 4))
            as predicted_net_revenue_amount,
        cast(
            orders.predicted_orders * spends.purchase_spend * margin.margin_rate
            as decimal(18, 4)
        ) as predicted_margin_amount,
        cast(
            coalesce(
                orders.discounted_orders,
                orders.predicted_orders * discounts.steady_discount
            ) * spends.purchase_spend * margin.margin_rate as decimal(18, 4)
        ) as clv_amount
    from orders
    inner join spends on orders.customer_key = spends.customer_key
    inner join discounts on orders.horizon_days = discounts.horizon_days
    cross join margin
)

select * from predictions
