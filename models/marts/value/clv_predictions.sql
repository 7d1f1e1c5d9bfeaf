{#-
    Grain: one row per customer and horizon. Turns what is expected into margin and
    value, and puts the intervals around it that a backtest one horizon ago says are
    right.
-#}
with

amounts as (
    select
        scored.*,
        scored.net_revenue * scored.discount * horizons.margin_rate as clv,
        horizons.margin_rate
    from {{ ref('int_customers_scored') }} as scored
    inner join {{ ref('int_clv_horizons') }} as horizons
        on scored.horizon_days = horizons.horizon_days
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
