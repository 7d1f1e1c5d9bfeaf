{#-
    Grain: one row per origin, horizon and customer: the regression's prediction, from
    the coefficients fitted on what was known at the origin.
-#}
{%- set features = clv_features() | map(attribute='name') | list -%}
with

bases as (
    {% for target in ['orders', 'net_revenue'] -%}
    select
        bases.days_ago,
        bases.horizon_days,
        bases.customer_key,
        '{{ target }}' as target,
        greatest(bases.base_{{ target }}, 1e-8) as base
    from {{ ref('int_regression_bases') }} as bases
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

-- A value beyond those learned from counts as the nearest of them, and nobody is
-- corrected by more than e^4, some fifty times, in either direction. A correction that
-- was learned over a shorter horizon is taken by half.
corrected as (
    select
        bases.days_ago,
        bases.horizon_days,
        bases.customer_key,
        bases.target,
        slopes.trained_horizon_days,
        bases.base,
        bases.base * exp(greatest(-4, least(4, (
            slopes.intercept
            {%- for feature in ['log_base'] + features %}
            {%- set value = 'ln(bases.base)' if feature == 'log_base'
                else 'features.' ~ feature %}
            + coalesce((
                case
                    when {{ value }} < slopes.min_{{ feature }}
                        then slopes.min_{{ feature }}
                    when {{ value }} > slopes.max_{{ feature }}
                        then slopes.max_{{ feature }}
                    else {{ value }}
                end - slopes.mean_{{ feature }}
            ) * slopes.slope_{{ feature }}, 0)
            {%- endfor %}
        ) * case
            when slopes.trained_horizon_days < bases.horizon_days then 0.5 else 1
        end))) as corrected
    from bases
    inner join {{ ref('int_regression_slopes') }} as slopes
        on
            bases.days_ago = slopes.days_ago
            and bases.horizon_days = slopes.horizon_days
            and bases.target = slopes.target
    inner join {{ ref('int_features_at_origins') }} as features
        on
            bases.days_ago = features.days_ago
            and bases.customer_key = features.customer_key
),

-- A part of a year says little about the level of the next part, which is of another
-- season: who buys more than whom is the regression's, how much in all the base's.
levels as (
    select
        corrected.days_ago,
        corrected.horizon_days,
        corrected.target,
        case
            when max(corrected.trained_horizon_days) >= 365 then 1
            else
                cast(sum(cast(corrected.base as decimal(28, 10))) as double)
                / cast(sum(cast(corrected.corrected as decimal(28, 10))) as double)
        end as level
    from corrected
    group by corrected.days_ago, corrected.horizon_days, corrected.target
),

scores as (
    select
        corrected.days_ago,
        corrected.horizon_days,
        corrected.customer_key,
        max(
            case
                when corrected.target = 'orders'
                    then corrected.corrected * levels.level
            end
        ) as predicted_orders,
        max(
            case
                when corrected.target = 'net_revenue'
                    then corrected.corrected * levels.level
            end
        ) as predicted_net_revenue_amount
    from corrected
    inner join levels
        on
            corrected.days_ago = levels.days_ago
            and corrected.horizon_days = levels.horizon_days
            and corrected.target = levels.target
    group by corrected.days_ago, corrected.horizon_days, corrected.customer_key
)

select * from scores
