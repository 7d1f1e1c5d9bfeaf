{#-
    Grain: one row per past origin, horizon and prospect of it: what is learned from.
    The features at the origin, and what came.
-#}
with

learned as (
    select
        outcomes.days_ago,
        outcomes.horizon_days,
        outcomes.customer_key,
        {% for feature in prospect_features() -%}
        features.{{ feature['name'] }},
        {% endfor -%}
        cast(outcomes.buys as double) as buys,
        cast(outcomes.days_until as double) as days_until,
        cast(outcomes.net_revenue_amount as double) as net_revenue
    from {{ ref('int_prospect_outcomes') }} as outcomes
    inner join {{ ref('int_prospect_features') }} as features
        on
            outcomes.days_ago = features.days_ago
            and outcomes.customer_key = features.customer_key
)

select * from learned
