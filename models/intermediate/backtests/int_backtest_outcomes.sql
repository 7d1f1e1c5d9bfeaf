{#-
    Grain: one row per past origin, horizon and customer known at it. What the horizon
    brought, and what as many days before the origin had brought.
-#}
with

facts as (
    select
        days.customer_key,
        days.purchase_date as fact_date,
        1 as n_purchases,
        0 as net_revenue_amount
    from {{ ref('int_customer_purchase_days') }} as days
    union all
    select
        days.customer_key,
        days.known_date as fact_date,
        0 as n_purchases,
        days.net_revenue_amount
    from {{ ref('int_revenue_days') }} as days
),

windows as (
    select
        customers.days_ago,
        origins.horizon_days,
        origins.origin_date,
        customers.customer_key,
        customers.x,
        customers.T,
        customers.operational_span,
        customers.operational_age,
        customers.net_revenue_amount,
        cast({{ dbt.dateadd(
            'day', '-origins.horizon_days', 'origins.origin_date'
        ) }} as date) as before_date,
        cast({{ dbt.dateadd(
            'day', 'origins.horizon_days', 'origins.origin_date'
        ) }} as date) as end_date
    from {{ ref('int_customers_at_origins') }} as customers
    inner join {{ ref('int_prediction_origins') }} as origins
        on customers.days_ago = origins.days_ago
    where not origins.is_as_of
),

outcomes as (
    select
        windows.days_ago,
        windows.horizon_days,
        windows.customer_key,
        windows.x,
        windows.T,
        windows.operational_span,
        windows.operational_age,
        windows.net_revenue_amount as historic_net_revenue_amount,
        sum(case when facts.fact_date > windows.origin_date then facts.n_purchases end)
            as actual_orders,
        sum(
            case
                when facts.fact_date > windows.origin_date
                    then facts.net_revenue_amount
            end
        ) as actual_net_revenue_amount,
        sum(case when facts.fact_date <= windows.origin_date then facts.n_purchases end)
            as earlier_orders,
        sum(
            case
                when facts.fact_date <= windows.origin_date
                    then facts.net_revenue_amount
            end
        ) as earlier_net_revenue_amount
    from windows
    left join facts
        on
            windows.customer_key = facts.customer_key
            and windows.before_date < facts.fact_date
            and windows.end_date >= facts.fact_date
    group by
        windows.days_ago,
        windows.horizon_days,
        windows.customer_key,
        windows.x,
        windows.T,
        windows.operational_span,
        windows.operational_age,
        windows.net_revenue_amount
),

final as (
    select
        outcomes.days_ago,
        outcomes.horizon_days,
        outcomes.customer_key,
        outcomes.x,
        outcomes.T,
        outcomes.operational_span,
        outcomes.operational_age,
        outcomes.historic_net_revenue_amount,
        cast(coalesce(outcomes.actual_orders, 0) as bigint) as actual_orders,
        cast(coalesce(outcomes.actual_net_revenue_amount, 0) as decimal(18, 4))
            as actual_net_revenue_amount,
        cast(coalesce(outcomes.earlier_orders, 0) as bigint) as earlier_orders,
        cast(coalesce(outcomes.earlier_net_revenue_amount, 0) as decimal(18, 4))
            as earlier_net_revenue_amount
    from outcomes
)

select * from final
