{#-
    Grain: one row per origin, horizon and customer: the expectation that the regression
    corrects, and its prediction, by what it learned from what was known at the origin;
    none where it had nothing to learn from.
-#}
{#- Net revenue is so many purchases of so much each. -#}
{%- set logarithms = {
    'orders': 'bases.log_orders',
    'net_revenue': '(bases.log_orders + bases.log_spend)',
} -%}
with

-- How much the expectation itself says.
slopes as (
    select
        fits.days_ago,
        fits.horizon_days,
        fits.trained_horizon_days,
        {{ slopes_by_feature(['log_base']) }}
    from {{ ref('py_clv_coefficients') }} as fits
    where fits.target = 'orders'
    group by fits.days_ago, fits.horizon_days, fits.trained_horizon_days
),

bases as (
    select
        bases.*,
        greatest(bases.base_orders, 1e-8) as expected_orders,
        greatest(bases.base_net_revenue, 1e-8) as expected_net_revenue,
        corrections.log_orders + {{ from_mean(
            'log_base', 'ln(greatest(bases.base_orders, 1e-8))'
        ) }} * coalesce(slopes.slope_log_base, 0) as log_orders,
        corrections.log_spend,
        slopes.trained_horizon_days
    from {{ ref('int_regression_bases') }} as bases
    left join slopes
        on
            bases.days_ago = slopes.days_ago
            and bases.horizon_days = slopes.horizon_days
    left join {{ ref('int_regression_corrections') }} as corrections
        on
            bases.days_ago = corrections.days_ago
            and slopes.trained_horizon_days = corrections.trained_horizon_days
            and bases.customer_key = corrections.customer_key
),

-- A correction that was learned over a shorter horizon is taken for that share of it,
-- and nobody is corrected by more than e^2, some seven times, in either direction.
corrected as (
    select
        {% for target, logarithm in logarithms.items() -%}
        case
            when {{ logarithm }} is not null
                then bases.expected_{{ target }} * exp(greatest(-2, least(
                        2,
                        {{ logarithm }}
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
        {% for target in logarithms -%}
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

-- A longer horizon takes less of a correction, and yet brings no less than a shorter.
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
        max(corrected.corrected_orders * levels.level_orders) over up_to_horizon
            as predicted_orders,
        max(corrected.corrected_net_revenue * levels.level_net_revenue)
            over up_to_horizon as predicted_net_revenue_amount
    from corrected
    inner join levels
        on
            corrected.days_ago = levels.days_ago
            and corrected.horizon_days = levels.horizon_days
    window up_to_horizon as (
        partition by corrected.days_ago, corrected.customer_key
        order by corrected.horizon_days
    )
)

select * from scores
