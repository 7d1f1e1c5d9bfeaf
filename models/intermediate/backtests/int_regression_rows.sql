{#-
    Grain: one row per past origin, horizon and customer: what the regression learns
    from. The features at the origin, the expectation that it corrects, and what came.
-#}
{%- set features = clv_features() | map(attribute='name') -%}
with

training as (
    select
        bases.days_ago,
        bases.horizon_days,
        bases.customer_key,
        {% for feature in features -%}
        features.{{ feature }},
        {% endfor -%}
        bases.base_orders,
        bases.base_net_revenue,
        outcomes.actual_orders,
        cast(outcomes.actual_net_revenue_amount as double) as actual_net_revenue
    from {{ ref('int_regression_bases') }} as bases
    inner join {{ ref('int_backtest_outcomes') }} as outcomes
        on
            bases.days_ago = outcomes.days_ago
            and bases.horizon_days = outcomes.horizon_days
            and bases.customer_key = outcomes.customer_key
    inner join {{ ref('int_features_at_origins') }} as features
        on
            bases.days_ago = features.days_ago
            and bases.customer_key = features.customer_key
    where bases.days_ago > 0
)

select * from training
