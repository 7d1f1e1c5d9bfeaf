-- People with a contact and no purchase of whom nothing is predicted, although there is
-- a past to learn from; and people with a purchase of whom something is.
with

predicted as (
    select predictions.customer_key
    from {{ ref('clv_prospects') }} as predictions
    group by predictions.customer_key
),

lessons as (
    select count(*) as n_lessons
    from {{ ref('int_prospect_rates') }} as rates
    where rates.days_ago = 0
)

select customers.customer_key
from {{ ref('dim_customers') }} as customers
cross join lessons
left join predicted on customers.customer_key = predicted.customer_key
where
    lessons.n_lessons > 0
    and (predicted.customer_key is not null)
    <> (customers.is_prospect and customers.first_contact_at is not null)
