{#-
    Grain: one row per origin and customer who had bought by then: what a purchase of
    theirs is expected to bring, and how often they buy if nobody ever stops.
-#}
with

estimates as (
    select
        customers.days_ago,
        customers.customer_key,
        -- The rate of all, as if everybody had bought once more at that rate.
        coalesce(
            (customers.x + 1) / (customers.T + fits.days_per_repeat_purchase), 0
        ) as shrunk_daily_rate,
        fits.spend_model,
        case
            -- Fader and Hardie (2013), eq. 5; a loss counts as no spend.
            when fits.spend_model = 'gamma_gamma'
                then
                    fits.p * (
                        fits.gamma
                        + greatest(
                            cast(customers.repeat_net_revenue_amount as double), 0
                        )
                    ) / (fits.p * customers.x + fits.q - 1)
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
