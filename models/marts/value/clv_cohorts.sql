{#-
    Grain: one row per month of first purchase and month of age, up to the as-of
    month. What each cohort bought when, and what the purchase model, fitted on all
    cohorts, expects of it by then.
-#}
with

customers as (
    select
        summary.customer_key,
        summary.first_purchase_date,
        cast({{ dbt.date_trunc('month', 'summary.first_purchase_date') }} as date)
            as cohort_month
    from {{ ref('int_customer_purchase_summary') }} as summary
),

activity as (
    select
        customers.cohort_month,
        cast({{ dbt.date_trunc('month', 'days.purchase_date') }} as date)
            as activity_month,
        count(distinct days.customer_key) as n_active_customers,
        sum(days.n_orders) as n_orders,
        count(
            case when days.purchase_date > customers.first_purchase_date then 1 end
        ) as n_repeat_purchases
    from {{ ref('int_customer_purchase_days') }} as days
    inner join customers on days.customer_key = customers.customer_key
    group by
        customers.cohort_month,
        cast({{ dbt.date_trunc('month', 'days.purchase_date') }} as date)
),

revenue as (
    select
        customers.cohort_month,
        cast({{ dbt.date_trunc('month', 'events.event_date') }} as date)
            as activity_month,
        sum(events.net_revenue_amount) as net_revenue_amount,
        sum(events.margin_amount) as margin_amount
    from {{ ref('int_revenue_events') }} as events
    inner join customers on events.customer_key = customers.customer_key
    group by
        customers.cohort_month,
        cast({{ dbt.date_trunc('month', 'events.event_date') }} as date)
),

joined as (
    select
        cohorts.cohort_month,
        cohorts.age_months,
        cohorts.activity_month,
        cohorts.n_customers,
        coalesce(activity.n_active_customers, 0) as n_active_customers,
        cast(coalesce(activity.n_orders, 0) as bigint) as n_orders,
        coalesce(activity.n_repeat_purchases, 0) as n_repeat_purchases,
        cohorts.expected_cumulative_repeat_purchases,
        cast(coalesce(revenue.net_revenue_amount, 0) as decimal(18, 4))
            as net_revenue_amount,
        cast(coalesce(revenue.margin_amount, 0) as decimal(18, 4)) as margin_amount,
        cohorts.is_complete_month
    from {{ ref('int_cohorts_expected') }} as cohorts
    left join activity
        on
            cohorts.cohort_month = activity.cohort_month
            and cohorts.activity_month = activity.activity_month
    left join revenue
        on
            cohorts.cohort_month = revenue.cohort_month
            and cohorts.activity_month = revenue.activity_month
),

final as (
    select
        joined.cohort_month,
        joined.age_months,
        joined.activity_month,
        joined.n_customers,
        joined.n_active_customers,
        cast(joined.n_active_customers as double) / joined.n_customers
            as active_rate,
        joined.n_orders,
        joined.n_repeat_purchases,
        cast(sum(joined.n_repeat_purchases) over by_cohort as bigint)
            as cumulative_repeat_purchases,
        joined.expected_cumulative_repeat_purchases,
        joined.net_revenue_amount,
        joined.margin_amount,
        cast(sum(joined.net_revenue_amount) over by_cohort as decimal(18, 4))
            as cumulative_net_revenue_amount,
        cast(sum(joined.margin_amount) over by_cohort as decimal(18, 4))
            as cumulative_margin_amount,
        joined.is_complete_month
    from joined
    window by_cohort as (
        partition by joined.cohort_month
        order by joined.age_months
        rows between unbounded preceding and current row
    )
)

select * from final
