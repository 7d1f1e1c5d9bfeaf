{#-
    Grain: one row per distinct purchase history (x, t_x, T) and set of covariates, of a
    sample of `backtest_customers`. A covariate is in words, and of a customer's first
    purchase or before: it does not change. Every column besides the history is one, so
    one more is a column more.
-#}
with

-- Keys are hashes, so the first in their order are a random sample.
customers as (
    select
        summary.customer_key,
        summary.first_purchase_date,
        summary.x,
        summary.operational_span as t_x,
        summary.operational_age as T,
        summary.net_revenue_amount - summary.repeat_net_revenue_amount
            as first_net_revenue_amount
    from {{ ref('int_customer_purchase_summary') }} as summary
    order by summary.customer_key
    limit {{ var('backtest_customers') }}
),

-- Those who spent the same are in the same third.
ranked as (
    select
        customers.*,
        percent_rank() over (order by customers.first_net_revenue_amount)
            as first_spend_rank
    from customers
),

described as (
    select
        ranked.x,
        ranked.t_x,
        ranked.T,
        coalesce(contacted.acquisition_channel, 'unknown') as first_channel,
        case
            when ranked.first_spend_rank < 1.0 / 3 then 'low'
            when ranked.first_spend_rank < 2.0 / 3 then 'middle'
            else 'high'
        end as first_spend,
        case when facts.discount_amount > 0 then 'yes' else 'no' end
            as first_discount,
        extract(year from ranked.first_purchase_date) - contacts.birth_year
            as age_years,
        case
            when contacts.is_abroad then 'yes'
            when not contacts.is_abroad then 'no'
            else 'unknown'
        end as is_abroad
    from ranked
    left join {{ ref('int_purchase_facts') }} as facts
        on
            ranked.customer_key = facts.customer_key
            and ranked.first_purchase_date = facts.fact_date
    left join {{ ref('int_people_contacted') }} as contacted
        on ranked.customer_key = contacted.customer_key
    left join {{ ref('int_crm_contacts') }} as contacts
        on ranked.customer_key = contacts.customer_key
),

banded as (
    select
        described.x,
        described.t_x,
        described.T,
        described.first_channel,
        described.first_spend,
        described.first_discount,
        case
            when described.age_years < 30 then 'below 30'
            when described.age_years < 45 then '30 to 44'
            when described.age_years < 60 then '45 to 59'
            when described.age_years >= 60 then '60 and more'
            else 'unknown'
        end as age_band,
        described.is_abroad
    from described
),

histories as (
    select
        banded.*,
        count(*) as n_customers
    from banded
    group by
        banded.x,
        banded.t_x,
        banded.T,
        banded.first_channel,
        banded.first_spend,
        banded.first_discount,
        banded.age_band,
        banded.is_abroad
)

select * from histories
