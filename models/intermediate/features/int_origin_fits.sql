{#-
    Grain: one row per origin. What else than the purchase models predicts from it: the
    Gamma-Gamma, if it was fitted, and the rate and the spend of all, with which those
    of few purchases are shrunk.
-#}
with

fits as (
    select
        parameters.days_ago,
        max(case when parameters.parameter = 'p' then parameters.estimate end) as p,
        max(case when parameters.parameter = 'q' then parameters.estimate end) as q,
        max(case when parameters.parameter = 'gamma' then parameters.estimate end)
            as gamma
    from {{ ref('py_btyd_parameters') }} as parameters
    where parameters.model = 'gamma_gamma' and parameters.status = 'fitted'
    group by parameters.days_ago
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
        -- The mean of the Gamma-Gamma is infinite where q is 1 or less.
        case when fits.q > 1 then 'gamma_gamma' else 'shrunk_mean' end as spend_model,
        fits.p,
        fits.q,
        fits.gamma,
        populations.purchase_spend,
        populations.customer_days / nullif(populations.repeat_purchases, 0)
            as days_per_repeat_purchase
    from populations
    left join fits on populations.days_ago = fits.days_ago
)

select * from final
