{#-
    Grain: one row per month of first purchase and month of age, up to the as-of
    month. What each cohort bought when, and what the purchase model, fitted on all
    cohorts, expects of it by then.
-#}
{%- set age_months = 'numbers.generated_number - 1' -%}
{%- set month_begin = dbt.dateadd('month', age_months, 'cohorts.cohort_month') -%}
{%- set next_month_begin =
    dbt.dateadd('month', 'numbers.generated_number', 'cohorts.cohort_month') -%}
{%- set cohort_age_months =
    dbt.datediff('cohorts.cohort_month', 'cohorts.as_of_date', 'month') -%}
with

customers as (
    select
        summary.customer_key,
        summary.first_purchase_date,
        cast({{ dbt.date_trunc('month', 'summary.first_purchase_date') }} as date)
            as cohort_month,
        summary.as_of_date
    from {{ ref('int_customer_purchase_summary') }} as summary
),

cohorts as (
    select
        customers.cohort_month,
        customers.as_of_date,
        count(*) as n_customers
    from customers
    group by customers.cohort_month, customers.as_of_date
),

numbers as (
    {{ dbt.generate_series(1200) }}
),

ages as (
    select
        cohorts.cohort_month,
        cohorts.as_of_date,
        cohorts.n_customers,
        {{ age_months }} as age_months,
        cast({{ month_begin }} as date) as activity_month,
        cast({{ dbt.dateadd('day', -1, next_month_begin) }} as date) as month_end_date
    from cohorts
    inner join numbers
        on {{ age_months }} <= {{ cohort_age_months }}
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

first_days as (
    select
        customers.cohort_month,
        customers.first_purchase_date,
        count(*) as n_customers
    from customers
    group by customers.cohort_month, customers.first_purchase_date
),

-- Rounded before it is summed: sums of doubles depend on the order of the threads.
expectations as (
    select
        ages.cohort_month,
        ages.age_months,
        sum(
            first_days.n_customers
            * cast(expected.expected_orders as decimal(28, 12))
        ) as expected_repeat_purchases
    from ages
    inner join first_days on ages.cohort_month = first_days.cohort_month
    inner join {{ ref('py_btyd_expected_orders') }} as expected
        on expected.age_days = greatest({{ dbt.datediff(
            'first_days.first_purchase_date',
            'least(ages.month_end_date, ages.as_of_date)',
            'day'
        ) }}, 0)
    group by ages.cohort_month, ages.age_months
),

joined as (
    select
        ages.cohort_month,
        cast(ages.age_months as integer) as age_months,
        ages.activity_month,
        ages.n_customers,
        coalesce(activity.n_active_customers, 0) as n_active_customers,
        cast(coalesce(activity.n_orders, 0) as bigint) as n_orders,
        coalesce(activity.n_repeat_purchases, 0) as n_repeat_purchases,
        cast(expectations.expected_repeat_purchases as double)
            as expected_cumulative_repeat_purchases,
        cast(coalesce(revenue.net_revenue_amount, 0) as decimal(18, 4))
            as net_revenue_amount,
        cast(coalesce(revenue.margin_amount, 0) as decimal(18, 4)) as margin_amount,
        ages.month_end_date <= ages.as_of_date as is_complete_month
    from ages
    left join activity
        on
            ages.cohort_month = activity.cohort_month
            and ages.activity_month = activity.activity_month
    left join revenue
        on
            ages.cohort_month = revenue.cohort_month
            and ages.activity_month = revenue.activity_month
    left join expectations
        on
            ages.cohort_month = expectations.cohort_month
            and ages.age_months = expectations.age_months
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
