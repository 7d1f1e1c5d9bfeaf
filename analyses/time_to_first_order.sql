{#-
    How long does it take from the first contact to the first order, by the channel that
    met the person first? Only of those who ordered: those who may yet do so are counted
    beside them, and the median of all would be longer.
-#}
with

first_contacts as (
    select
        judged.customer_key,
        judged.first_channel,
        judged.entered_at as first_contact_at
    from {{ ref('int_spells_judged') }} as judged
    where judged.spell_number = 1
),

first_orders as (
    select
        interactions.customer_key,
        min(interactions.occurred_at) as first_order_at
    from {{ ref('fct_interactions') }} as interactions
    where interactions.stage_signal = 'order'
    group by interactions.customer_key
),

people as (
    select
        first_contacts.first_channel,
        {{ days_between(
            'first_contacts.first_contact_at', 'first_orders.first_order_at'
        ) }} as days
    from first_contacts
    left join first_orders
        on first_contacts.customer_key = first_orders.customer_key
)

select
    people.first_channel,
    count(*) as n_people,
    count(people.days) as n_customers,
    cast(count(people.days) as double) / count(*) as customer_rate,
    median(people.days) as median_days
from people
group by people.first_channel
order by median_days asc nulls last, people.first_channel asc
