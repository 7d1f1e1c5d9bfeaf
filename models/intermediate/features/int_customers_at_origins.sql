{#-
    Grain: one row per origin and customer who had bought by then: the sufficient
    statistics of the buy-till-you-die models, x, t_x and T, in days, and the spend,
    from what was known on that day.
-#}
with

totals as (
    select
        purchases.days_ago,
        purchases.origin_date,
        purchases.customer_key,
        purchases.first_purchase_date,
        max(purchases.purchase_date) as last_purchase_date,
        count(*) - 1 as x,
        cast(sum(purchases.n_orders) as bigint) as n_orders,
        cast(sum(purchases.net_revenue_amount) as decimal(18, 4)) as net_revenue_amount,
        cast(sum(
            case
                when purchases.purchase_date > purchases.first_purchase_date
                    then purchases.net_revenue_amount
                else 0
            end
        ) as decimal(18, 4)) as repeat_net_revenue_amount
    from {{ ref('int_purchases_at_origins') }} as purchases
    group by
        purchases.days_ago,
        purchases.origin_date,
        purchases.customer_key,
        purchases.first_purchase_date
),

dated as (
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
        last_days.operational_day - first_days.operational_day as operational_span,
        -first_days.operational_day as operational_age,
        totals.n_orders,
        totals.net_revenue_amount,
        totals.repeat_net_revenue_amount
    from totals
    inner join {{ ref('int_operational_days') }} as first_days
        on
            totals.days_ago = first_days.days_ago
            and totals.first_purchase_date = first_days.calendar_date
    inner join {{ ref('int_operational_days') }} as last_days
        on
            totals.days_ago = last_days.days_ago
            and totals.last_purchase_date = last_days.calendar_date
),

-- In whole days, by which customers are alike; two purchases are never at one time.
final as (
    select
        dated.days_ago,
        dated.origin_date,
        dated.customer_key,
        dated.first_purchase_date,
        dated.last_purchase_date,
        dated.x,
        dated.t_x,
        dated.T,
        cast(case
            when dated.x = 0 then 0
            else greatest(round(dated.operational_span), 1)
        end as bigint) as operational_span,
        cast(greatest(
            round(dated.operational_age), case when dated.x = 0 then 0 else 1 end
        ) as bigint) as operational_age,
        dated.n_orders,
        dated.net_revenue_amount,
        dated.repeat_net_revenue_amount
    from dated
)

select * from final
