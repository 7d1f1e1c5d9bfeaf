{#-
    Grain: one row per origin, horizon and customer: the expectation that the regression
    corrects, and its prediction, by what it learned from what was known at the origin;
    none where it had nothing to learn from.
-#}
{%- set fits = {'orders': 'of_orders', 'net_revenue': 'of_revenue'} -%}
with

-- How much the expectation itself says.
slopes as (
    select
        fits.days_ago,
        fits.horizon_days,
        fits.target,
        fits.trained_horizon_days,
        {{ slopes_by_feature(['log_base']) }}
    from {{ ref('py_clv_coefficients') }} as fits
    group by
        fits.days_ago,
        fits.horizon_days,
        fits.target,
        fits.trained_horizon_days
),

bases as (
    select
        bases.*,
        {% for target, fit in fits.items() -%}
        greatest(bases.base_{{ target }}, 1e-8) as expected_{{ target }},
        corrections.log_{{ target }} + {{ from_mean(
            'log_base', 'ln(greatest(bases.base_' ~ target ~ ', 1e-8))', fit
        ) }} * coalesce({{ fit }}.slope_log_base, 0) as log_{{ target }},
        {% endfor -%}
        of_orders.trained_horizon_days
    from {{ ref('int_regression_bases') }} as bases
    left join slopes as of_orders
        on
            of_orders.target = 'orders'
            and bases.days_ago = of_orders.days_ago
            and bases.horizon_days = of_orders.horizon_days
    left join slopes as of_revenue
        on
            of_revenue.target = 'net_revenue'
            and bases.days_ago = of_revenue.days_ago
            and bases.horizon_days = of_revenue.horizon_days
    left join {{ ref('int_regression_corrections') }} as corrections
        on
            bases.days_ago = corrections.days_ago
            and of_orders.trained_horizon_days = corrections.trained_horizon_days
            and bases.customer_key = corrections.customer_key
),

-- A correction that was learned over a shorter horizon is taken for that share of it,
-- and nobody is corrected by more than e^4, some fifty times, in either direction.
corrected as (
    select
        {% for target in fits -%}
        case
            when bases.log_{{ target }} is not null
                then bases.expected_{{ target }} * exp(greatest(-4, least(
                        4,
                        bases.log_{{ target }}
                        * bases.trained_horizon_days / bases.horizon_days
                    )))
        end as corrected_{{ target }},
        {% endfor -%}
        bases.*
    from bases
),

-- A part of a year says little about the level of the next part, which is of another
-- season: who buys more than whom is the regression's, how much in all the base's.
levels as (
    select
        corrected.days_ago,
        {% for target in fits -%}
        case
            when max(corrected.trained_horizon_days) >= 365 then 1
            else
                cast(sum(
                    cast(corrected.expected_{{ target }} as decimal(28, 10))
                ) as double)
                / cast(sum(
                    cast(corrected.corrected_{{ target }} as decimal(28, 10))
                ) as double)
        end as level_{{ target }},
        {% endfor -%}
        corrected.horizon_days
    from corrected
    group by corrected.days_ago, corrected.horizon_days
),

scores as (
    select
        corrected.days_ago,
        corrected.horizon_days,
        corrected.customer_key,
        corrected.base_model,
        corrected.p_alive,
        corrected.base_orders,
        corrected.base_net_revenue,
        corrected.discount,
        corrected.purchase_spend,
        corrected.corrected_orders * levels.level_orders as predicted_orders,
        corrected.corrected_net_revenue * levels.level_net_revenue
            as predicted_net_revenue_amount
    from corrected
    inner join levels
        on
            corrected.days_ago = levels.days_ago
            and corrected.horizon_days = levels.horizon_days
)

select * from scores
