{#-
    Grain: one row per past origin, horizon and prospect of it: whether and when they
    bought within the horizon, and the net revenue known by its end; and the same by
    half of it, which tells how fast prospects come.
-#}
with

windows as (
    select
        prospects.days_ago,
        origins.horizon_days,
        prospects.customer_key,
        prospects.origin_date,
        cast({{ dbt.datediff(
            'prospects.origin_date', 'prospects.first_purchase_date', 'day'
        ) }} as bigint) as days_until
    from {{ ref('int_prospects_at_origins') }} as prospects
    inner join {{ ref('int_prediction_origins') }} as origins
        on prospects.days_ago = origins.days_ago
    where not origins.is_as_of
),

-- Of those only who came to buy.
revenue as (
    select
        windows.days_ago,
        windows.horizon_days,
        windows.customer_key,
        sum(
            case
                when {{ dbt.datediff(
                    'windows.origin_date', 'days.known_date', 'day'
                ) }} <= windows.horizon_days
                    then days.net_revenue_amount
            end
        ) as net_revenue_amount,
        sum(
            case
                when 2 * {{ dbt.datediff(
                    'windows.origin_date', 'days.known_date', 'day'
                ) }} <= windows.horizon_days
                    then days.net_revenue_amount
            end
        ) as early_net_revenue_amount
    from windows
    inner join {{ ref('int_revenue_days') }} as days
        on
            windows.customer_key = days.customer_key
            and windows.days_until <= windows.horizon_days
    group by windows.days_ago, windows.horizon_days, windows.customer_key
),

final as (
    select
        windows.days_ago,
        windows.horizon_days,
        windows.customer_key,
        cast(case
            when windows.days_until <= windows.horizon_days then 1 else 0
        end as integer) as buys,
        cast(case
            when 2 * windows.days_until <= windows.horizon_days then 1 else 0
        end as integer) as buys_early,
        case
            when windows.days_until <= windows.horizon_days then windows.days_until
        end as days_until,
        cast(coalesce(revenue.net_revenue_amount, 0) as decimal(18, 4))
            as net_revenue_amount,
        cast(coalesce(revenue.early_net_revenue_amount, 0) as decimal(18, 4))
            as early_net_revenue_amount
    from windows
    left join revenue
        on
            windows.days_ago = revenue.days_ago
            and windows.horizon_days = revenue.horizon_days
            and windows.customer_key = revenue.customer_key
)

select * from final
