{#-
    Grain: one row per origin and prospect: somebody who had had a contact by then, and
    had not bought. At the as-of day everybody; at earlier origins the sample of
    `backtest_customers`, so that what is learned and tested has a bounded cost.
-#}
with

origins as (
    select
        pairs.days_ago,
        pairs.origin_date,
        pairs.is_as_of
    from {{ ref('int_prediction_origins') }} as pairs
    group by pairs.days_ago, pairs.origin_date, pairs.is_as_of
),

-- Keys are hashes, so the first in their order are a random sample.
people as (
    select
        contacted.customer_key,
        contacted.acquisition_channel as first_channel,
        {{ reporting_date('contacted.first_contact_at') }} as first_contact_date,
        customers.first_purchase_date,
        row_number() over (order by contacted.customer_key)
        <= {{ var('backtest_customers') }} as is_sampled
    from {{ ref('int_people_contacted') }} as contacted
    left join {{ ref('int_customer_purchase_summary') }} as customers
        on contacted.customer_key = customers.customer_key
    where
        customers.first_purchase_date is null
        or customers.first_purchase_date
        > {{ reporting_date('contacted.first_contact_at') }}
),

prospects as (
    select
        origins.days_ago,
        origins.origin_date,
        people.customer_key,
        people.first_channel,
        people.first_contact_date,
        people.first_purchase_date
    from people
    inner join origins
        on
            (origins.is_as_of or people.is_sampled)
            and people.first_contact_date <= origins.origin_date
            and (
                people.first_purchase_date is null
                or people.first_purchase_date > origins.origin_date
            )
)

select * from prospects
