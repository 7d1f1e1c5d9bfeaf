{#-
    Grain: one row per origin, spend model and ten-thousandth of the logarithm of what a
    purchase was expected to bring. Of the sampled customers every repeat purchase that
    was known at the origin, foretold from those before it, and what they brought.
-#}
{%- set before -%}
    partition by purchases.days_ago, purchases.customer_key
    order by purchases.purchase_date
{%- endset -%}
with

purchases as (
    select
        purchases.days_ago,
        greatest(cast(purchases.net_revenue_amount as decimal(38, 4)), 0) as amount,
        row_number() over ({{ before }}) - 1 as n_before,
        sum(purchases.net_revenue_amount) over (
            {{ before }} rows between unbounded preceding and 1 preceding
        ) as amount_before,
        first_value(purchases.net_revenue_amount) over ({{ before }}) as first_amount
    from {{ ref('int_purchases_at_origins') }} as purchases
    where purchases.is_sampled
),

foretold as (
    select
        fits.days_ago,
        fits.model,
        purchases.n_before,
        purchases.amount,
        ln(case
            when fits.model = 'gamma_gamma' then {{ expected_spend(
                'purchases.n_before - 1',
                'purchases.amount_before - purchases.first_amount'
            ) }}
            else {{ expected_spend('purchases.n_before', 'purchases.amount_before') }}
        end) as log_expected
    from purchases
    inner join {{ ref('int_spend_fits') }} as fits
        on purchases.days_ago = fits.days_ago
    where purchases.n_before > 0
),

-- Sums of decimals are the same on any number of threads; sums of doubles are not.
binned as (
    select
        foretold.days_ago,
        foretold.model,
        floor(foretold.log_expected * 10000) as log_expected_bin,
        sum(cast(foretold.log_expected as decimal(38, 15))) as log_expected_sum,
        count(*) as n_purchases,
        count(case when foretold.n_before = 1 then 1 end) as n_customers,
        cast(sum(foretold.amount) as double) as net_revenue,
        cast(sum(cast(
            cast(foretold.amount as double) * cast(foretold.amount as double)
            as decimal(38, 4)
        )) as double) as squared_net_revenue
    from foretold
    group by
        foretold.days_ago,
        foretold.model,
        floor(foretold.log_expected * 10000)
),

final as (
    select
        binned.days_ago,
        binned.model,
        cast(binned.log_expected_sum as double) / binned.n_purchases as log_expected,
        binned.n_purchases,
        binned.n_customers,
        binned.net_revenue,
        binned.squared_net_revenue
    from binned
)

select * from final
