{#-
    Grain: one row per customer with a purchase. The sufficient statistics of the
    buy-till-you-die models: x, t_x and T, in days, and the mean spend of the x.
-#}
with

ranked_days as (
    select
        days.customer_key,
        days.purchase_date,
        days.net_revenue_amount,
        days.n_orders,
        row_number() over (
            partition by days.customer_key
            order by days.purchase_date
        ) as purchase_number
    from {{ ref('int_customer_purchase_days') }} as days
),

totals as (
    select
        ranked_days.customer_key,
        min(ranked_days.purchase_date) as first_purchase_date,
        max(ranked_days.purchase_date) as last_purchase_date,
        count(*) - 1 as x,
        sum(ranked_days.n_orders) as n_orders,
        sum(ranked_days.net_revenue_amount) as net_revenue_amount,
        sum(
            case
                when ranked_days.purchase_number > 1
                    then ranked_days.net_revenue_amount
                else 0
            end
        ) as repeat_net_revenue_amount
    from ranked_days
    group by ranked_days.customer_key
),

summary as (
    select
        totals.customer_key,
        totals.first_purchase_date,
        totals.last_purchase_date,
        as_of.as_of_date,
        cast(totals.x as bigint) as x,
        cast({{ dbt.datediff(
            'totals.first_purchase_date', 'totals.last_purchase_date', 'day'
        ) }} as bigint) as t_x,
        cast({{ dbt.datediff(
            'totals.first_purchase_date', 'as_of.as_of_date', 'day'
        ) }} as bigint) as T,
        cast(totals.n_orders as bigint) as n_orders,
        cast(totals.net_revenue_amount as decimal(18, 4)) as net_revenue_amount,
        cast(totals.repeat_net_revenue_amount as decimal(18, 4))
            as repeat_net_revenue_amount
    from totals
    cross join {{ ref('int_as_of') }} as as_of
)

select * from summary
