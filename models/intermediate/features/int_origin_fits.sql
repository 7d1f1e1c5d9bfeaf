{#-
    Grain: one row per origin. What else than the purchase models predicts from it: the
    Gamma-Gamma that came nearest to purchases known by then, if one was fitted, how far
    to trust it, and the rate and the spend of all, with which those of few purchases
    are shrunk.
-#}
with

ranked as (
    select
        fits.days_ago,
        fits.model as spend_model,
        fits.p,
        fits.q,
        fits.gamma,
        calibrations.intercept,
        calibrations.slope,
        row_number() over (
            partition by fits.days_ago
            order by
                case
                    when calibrations.mean_log_likelihood is null then 1 else 0
                end asc,
                calibrations.mean_log_likelihood desc,
                fits.model asc
        ) as preference
    from {{ ref('int_spend_fits') }} as fits
    left join {{ ref('py_spend_calibrations') }} as calibrations
        on
            fits.days_ago = calibrations.days_ago
            and fits.model = calibrations.model
),

populations as (
    select
        customers.days_ago,
        cast(sum(customers.x) as double) as repeat_purchases,
        cast(sum(customers.T) as double) as customer_days,
        greatest(cast(sum(customers.net_revenue_amount) as double), 0)
        / nullif(cast(sum(customers.x + 1) as double), 0) as purchase_spend
    from {{ ref('int_customers_at_origins') }} as customers
    group by customers.days_ago
),

final as (
    select
        populations.days_ago,
        coalesce(ranked.spend_model, 'shrunk_mean') as spend_model,
        ranked.p,
        ranked.q,
        ranked.gamma,
        coalesce(ranked.intercept, 0) as intercept,
        coalesce(ranked.slope, 1) as slope,
        populations.purchase_spend,
        populations.customer_days / nullif(populations.repeat_purchases, 0)
            as days_per_repeat_purchase
    from populations
    left join ranked
        on
            populations.days_ago = ranked.days_ago
            and ranked.preference = 1
)

select * from final
