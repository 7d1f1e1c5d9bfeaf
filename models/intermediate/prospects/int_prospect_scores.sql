{#-
    Grain: one row per origin, horizon, model and prospect: the chance that they buy
    within the horizon, when if they do, and the net revenue expected of it and of what
    follows, from what was known at the origin.
-#}
with

rated as (
    select
        rates.*,
        features.customer_key,
        cast(rates.horizon_days as double) / rates.trained_horizon_days as stretch
    from {{ ref('int_prospect_features') }} as features
    inner join {{ ref('int_prospect_rates') }} as rates
        on
            features.days_ago = rates.days_ago
            and features.recency_band = rates.recency_band
),

regressions as (
    select
        corrections.days_ago,
        corrections.horizon_days,
        {% for target in ['buys', 'days_until', 'net_revenue'] -%}
        max(
            case
                when corrections.target = '{{ target }}'
                    then corrections.linear_predictor
            end
        ) as {{ target }},
        {% endfor -%}
        corrections.customer_key
    from {{ ref('int_prospect_corrections') }} as corrections
    group by
        corrections.days_ago,
        corrections.horizon_days,
        corrections.customer_key
),

models as (
    {% for model in ['base_rate', 'recency_rate'] -%}
    select
        rated.*,
        '{{ model }}' as model,
        rated.{{ model }} as rate,
        rated.mean_days as days_if,
        rated.mean_net_revenue as net_revenue_if
    from rated
    union all
    {% endfor -%}
    select
        rated.*,
        'regression' as model,
        1 / (1 + exp(-regressions.buys)) as rate,
        exp(regressions.days_until) as days_if,
        exp(regressions.net_revenue) as net_revenue_if
    from rated
    inner join regressions
        on
            rated.days_ago = regressions.days_ago
            and rated.horizon_days = regressions.horizon_days
            and rated.customer_key = regressions.customer_key
),

-- Over a longer horizon than was learned, at a hazard and a revenue that go on as they
-- went from half of what was learned to the whole.
scores as (
    select
        models.days_ago,
        models.horizon_days,
        models.model,
        models.customer_key,
        models.trained_horizon_days,
        1 - power(1 - models.rate, power(models.stretch, models.rate_exponent))
            as purchase_probability,
        least(models.horizon_days, models.days_if * models.stretch) as days_until,
        models.rate * models.net_revenue_if
        * power(models.stretch, models.revenue_exponent) as net_revenue
    from models
)

select * from scores
