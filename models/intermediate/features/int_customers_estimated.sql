{#-
    Grain: one row per origin and customer who had bought by then: what was known of
    them, what a purchase of theirs is expected to bring, and how often they buy if
    nobody ever stops.
-#}
{{ config(materialized='view') }}
with

estimates as (
    select
        customers.days_ago,
        customers.origin_date,
        customers.customer_key,
        customers.first_purchase_date,
        customers.last_purchase_date,
        customers.x,
        customers.t_x,
        customers.T,
        customers.operational_span,
        customers.operational_age,
        customers.n_orders,
        customers.net_revenue_amount,
        customers.repeat_net_revenue_amount,
        -- The rate of all, as if everybody had bought once more at that rate.
        coalesce(
            (customers.x + 1) / (customers.T + fits.days_per_repeat_purchase), 0
        ) as shrunk_daily_rate,
        fits.spend_model,
        case fits.spend_model
            when 'gamma_gamma'
                then exp(fits.intercept) * power({{ expected_spend(
                    'customers.x', 'customers.repeat_net_revenue_amount'
                ) }}, fits.slope)
            when 'gamma_gamma_first'
                then exp(fits.intercept) * power({{ expected_spend(
                    'customers.x + 1', 'customers.net_revenue_amount'
                ) }}, fits.slope)
            -- The mean purchase of all, as if everybody had made one such before.
            else
                (
                    greatest(cast(customers.net_revenue_amount as double), 0)
                    + fits.purchase_spend
                ) / (customers.x + 2)
        end as purchase_spend
    from {{ ref('int_customers_at_origins') }} as customers
    inner join {{ ref('int_origin_fits') }} as fits
        on customers.days_ago = fits.days_ago
)

select * from estimates
