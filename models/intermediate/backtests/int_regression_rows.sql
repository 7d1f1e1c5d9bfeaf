{#-
    Grain: one row per past origin, horizon and customer: what the regression learns
    from. The features at the origin, the expectation that it corrects, and what came.
    Without the season that is known since, the expectation is put on the level that came.
-#}
{%- set features = clv_features() | map(attribute='name') -%}
{%- set targets = ['orders', 'net_revenue'] -%}
with

outcomes as (
    select
        bases.days_ago,
        bases.horizon_days,
        bases.customer_key,
        bases.base_orders,
        bases.base_net_revenue,
        outcomes.actual_orders,
        outcomes.actual_net_revenue_amount as actual_net_revenue
    from {{ ref('int_regression_bases') }} as bases
    inner join {{ ref('int_backtest_outcomes') }} as outcomes
        on
            bases.days_ago = outcomes.days_ago
            and bases.horizon_days = outcomes.horizon_days
            and bases.customer_key = outcomes.customer_key
    where bases.days_ago > 0
),

levels as (
    select
        outcomes.days_ago,
        {% for target in targets -%}
        greatest(coalesce(
            cast(sum(outcomes.actual_{{ target }}) as double)
            / nullif(cast(sum(
                cast(outcomes.base_{{ target }} as decimal(28, 10))
            ) as double), 0), 0
        ), 1e-6) as level_{{ target }},
        {% endfor -%}
        outcomes.horizon_days
    from outcomes
    group by outcomes.days_ago, outcomes.horizon_days
),

training as (
    select
        outcomes.days_ago,
        outcomes.horizon_days,
        outcomes.customer_key,
        {% for feature in features -%}
        features.{{ feature }},
        {% endfor -%}
        {% for target in targets -%}
        outcomes.base_{{ target }}
        * case
            when seasons.is_without_season then levels.level_{{ target }} else 1
        end as base_{{ target }},
        {% endfor -%}
        outcomes.actual_orders,
        cast(outcomes.actual_net_revenue as double) as actual_net_revenue
    from outcomes
    inner join levels
        on
            outcomes.days_ago = levels.days_ago
            and outcomes.horizon_days = levels.horizon_days
    inner join {{ ref('int_origin_seasons') }} as seasons
        on
            outcomes.days_ago = seasons.days_ago
            and outcomes.horizon_days = seasons.horizon_days
    inner join {{ ref('int_features_at_origins') }} as features
        on
            outcomes.days_ago = features.days_ago
            and outcomes.customer_key = features.customer_key
    where features.days_ago > 0
)

select * from training
