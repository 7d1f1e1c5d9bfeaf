{#-
    Grain: one row per month-end, state then and state at the month-end before, of the
    last `rfm_migration_months` months and the one before them; the as-of day ends the
    last. A state is all that RFM segments know of a customer, so that the moves of any
    number of customers come from these few rows.
-#}
{%- set months = var('rfm_migration_months') | int -%}
{%- set first_month = dbt.dateadd(
    'month', -months, dbt.date_trunc('month', 'as_of.as_of_date')
) -%}
{%- set month_begin = dbt.dateadd(
    'month', '-(numbers.generated_number - 1)',
    dbt.date_trunc('month', 'as_of.as_of_date')
) -%}
{%- set next_month_begin = dbt.dateadd('month', 1, month_begin) -%}
{%- set month_end = dbt.dateadd('day', -1, next_month_begin) -%}
with

numbers as (
    {{ dbt.generate_series(months + 1) }}
),

months as (
    select
        numbers.generated_number - 1 as months_ago,
        cast({{ month_begin }} as date) as migration_month,
        least(cast({{ month_end }} as date), as_of.as_of_date) as snapshot_date,
        cast({{ month_end }} as date) <= as_of.as_of_date as is_complete_month
    from numbers
    cross join {{ ref('int_as_of') }} as as_of
),

-- What came before the first month counts as known by its end.
activity as (
    select
        days.customer_key,
        greatest(
            cast({{ dbt.date_trunc('month', 'days.known_date') }} as date),
            cast({{ first_month }} as date)
        ) as activity_month,
        sum(days.n_orders) as n_orders,
        sum(days.net_revenue_amount) as net_revenue_amount,
        max(case when days.n_orders > 0 then days.purchase_date end)
            as last_purchase_date
    from {{ ref('int_revenue_days') }} as days
    cross join {{ ref('int_as_of') }} as as_of
    group by
        days.customer_key,
        greatest(
            cast({{ dbt.date_trunc('month', 'days.known_date') }} as date),
            cast({{ first_month }} as date)
        )
),

cumulated as (
    select
        activity.customer_key,
        activity.activity_month,
        cast(sum(activity.n_orders) over by_customer as bigint) as n_orders,
        sum(activity.net_revenue_amount) over by_customer as net_revenue_amount,
        max(activity.last_purchase_date) over by_customer as last_purchase_date
    from activity
    window by_customer as (
        partition by activity.customer_key
        order by activity.activity_month
        rows between unbounded preceding and current row
    )
),

-- A state lasts until the next month in which anything came.
spans as (
    select
        cumulated.*,
        lag(cumulated.n_orders) over by_customer as n_orders_before,
        lag(cumulated.net_revenue_amount) over by_customer
            as net_revenue_amount_before,
        lag(cumulated.last_purchase_date) over by_customer
            as last_purchase_date_before,
        lead(cumulated.activity_month) over by_customer as next_activity_month
    from cumulated
    window by_customer as (
        partition by cumulated.customer_key
        order by cumulated.activity_month
    )
),

customer_months as (
    select
        months.months_ago,
        months.migration_month,
        months.snapshot_date,
        months.is_complete_month,
        {% for column in [
            'n_orders', 'last_purchase_date', 'net_revenue_amount',
        ] -%}
        case
            when months.migration_month > spans.activity_month then spans.{{ column }}
            else spans.{{ column }}_before
        end as {{ column }}_before,
        {% endfor -%}
        spans.n_orders,
        spans.last_purchase_date,
        spans.net_revenue_amount
    from months
    inner join spans
        on
            months.migration_month >= spans.activity_month
            and months.migration_month
            < coalesce(spans.next_activity_month, date '9999-12-31')
),

states as (
    select
        customer_months.months_ago,
        customer_months.migration_month,
        customer_months.snapshot_date,
        customer_months.is_complete_month,
        customer_months.last_purchase_date_before,
        customer_months.n_orders_before,
        customer_months.last_purchase_date,
        customer_months.n_orders,
        count(*) as n_customers,
        cast(
            coalesce(sum(customer_months.net_revenue_amount_before), 0)
            as decimal(18, 4)
        ) as net_revenue_before_amount,
        cast(sum(customer_months.net_revenue_amount) as decimal(18, 4))
            as net_revenue_amount
    from customer_months
    group by
        customer_months.months_ago,
        customer_months.migration_month,
        customer_months.snapshot_date,
        customer_months.is_complete_month,
        customer_months.last_purchase_date_before,
        customer_months.n_orders_before,
        customer_months.last_purchase_date,
        customer_months.n_orders
)

select * from states
