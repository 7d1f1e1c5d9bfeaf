{#-
    Grain: one row per origin and customer who had bought by then: the sufficient
    statistics of the buy-till-you-die models, x, t_x and T, in days, and the spend,
    from what was known on that day.
-#}
with

firsts as (
    select
        purchases.*,
        min(purchases.purchase_date) over (
            partition by purchases.days_ago, purchases.customer_key
        ) as first_purchase_date
    from {{ ref('int_purchases_at_origins') }} as purchases
),

totals as (
    select
        firsts.days_ago,
        firsts.origin_date,
        firsts.customer_key,
        firsts.first_purchase_date,
        max(firsts.purchase_date) as last_purchase_date,
        count(*) - 1 as x,
        cast(sum(firsts.n_orders) as bigint) as n_orders,
        cast(sum(firsts.net_revenue_amount) as decimal(18, 4)) as net_revenue_amount,
        cast(sum(
            case
                when firsts.purchase_date > firsts.first_purchase_date
                    then firsts.net_revenue_amount
                else 0
            end
        ) as decimal(18, 4)) as repeat_net_revenue_amount
    from firsts
    group by
        firsts.days_ago,
        firsts.origin_date,
        firsts.customer_key,
        firsts.first_purchase_date
),

final as (
    select
        totals.days_ago,
        totals.origin_date,
        totals.customer_key,
        totals.first_purchase_date,
        totals.last_purchase_date,
        totals.x,
        cast({{ dbt.datediff(
            'totals.first_purchase_date', 'totals.last_purchase_date', 'day'
        ) }} as bigint) as t_x,
        cast({{ dbt.datediff(
            'totals.first_purchase_date', 'totals.origin_date', 'day'
        ) }} as bigint) as T,
        totals.n_orders,
        totals.net_revenue_amount,
        totals.repeat_net_revenue_amount
    from totals
)

select * from final
