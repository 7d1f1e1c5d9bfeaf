{#-
    Grain: one row per person and day on which the person looked around or bought, with
    what was known of the person before that day.
-#}
{%- set before -%}
    partition by days.customer_key
    order by days.day_number
    rows between unbounded preceding and 1 preceding
{%- endset -%}
with

days as (
    select
        contacts.customer_key,
        contacts.day_number,
        max(case when contacts.is_checkout then 1 else 0 end) = 1 as is_checkout,
        cast(sum(contacts.n_orders) as bigint) as n_orders,
        cast(sum(contacts.order_amount) as decimal(18, 4)) as order_amount
    from {{ ref('int_contact_days') }} as contacts
    where contacts.is_visit
    group by contacts.customer_key, contacts.day_number
),

histories as (
    select
        days.customer_key,
        days.day_number,
        days.is_checkout,
        days.n_orders,
        days.order_amount,
        cast(coalesce(sum(days.n_orders) over ({{ before }}), 0) as bigint)
            as n_orders_before,
        cast(coalesce(sum(days.order_amount) over ({{ before }}), 0) as decimal(18, 4))
            as order_amount_before,
        max(case when days.n_orders > 0 then days.day_number end) over ({{ before }})
            as order_day_before,
        max(days.day_number) over ({{ before }}) as visit_day_before,
        lead(days.day_number) over (
            partition by days.customer_key
            order by days.day_number
        ) as next_visit_day,
        count(*) over (
            partition by days.customer_key
            order by days.day_number
            range between 90 preceding and 1 preceding
        ) as n_recent_visits
    from days
)

select * from histories
