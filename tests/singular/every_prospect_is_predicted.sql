-- People with a contact and no purchase of whom nothing is predicted over a horizon,
-- although there is a past to learn from; and people with a purchase of whom something
-- is.
with

predicted as (
    select
        predictions.customer_key,
        predictions.horizon_days
    from {{ ref('clv_prospects') }} as predictions
),

lessons as (
    select rates.horizon_days
    from {{ ref('int_prospect_rates') }} as rates
    where rates.days_ago = 0
    group by rates.horizon_days
)

select
    customers.customer_key,
    lessons.horizon_days
from {{ ref('dim_customers') }} as customers
cross join lessons
left join predicted
    on
        customers.customer_key = predicted.customer_key
        and lessons.horizon_days = predicted.horizon_days
where
    (predicted.customer_key is not null)
    <> (customers.is_prospect and customers.first_contact_at is not null)
