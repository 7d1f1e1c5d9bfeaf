{#-
    Grain: one row per month of first purchase and month of age, up to the as-of month.
    How many repeat purchases the purchase model expects of the cohort by the end of the
    month, or by the as-of day.
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

first_days as (
    select
        customers.cohort_month,
        customers.first_purchase_date,
        count(*) as n_customers
    from customers
    group by customers.cohort_month, customers.first_purchase_date
),

operational as (
    select
        days.calendar_date,
        days.operational_day
    from {{ ref('int_operational_days') }} as days
    where days.days_ago = 0
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
    inner join operational as begins
        on first_days.first_purchase_date = begins.calendar_date
    inner join operational as ends
        on least(ages.month_end_date, ages.as_of_date) = ends.calendar_date
    inner join {{ ref('py_btyd_expected_orders') }} as expected
        on
            expected.age_days
            = greatest(round(ends.operational_day - begins.operational_day), 0)
    group by ages.cohort_month, ages.age_months
),

final as (
    select
        ages.cohort_month,
        cast(ages.age_months as integer) as age_months,
        ages.activity_month,
        ages.n_customers,
        cast(expectations.expected_repeat_purchases as double)
            as expected_cumulative_repeat_purchases,
        ages.month_end_date <= ages.as_of_date as is_complete_month
    from ages
    left join expectations
        on
            ages.cohort_month = expectations.cohort_month
            and ages.age_months = expectations.age_months
)

select * from final
