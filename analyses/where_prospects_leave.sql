{#-
    Where do people who never bought leave? The stage from which they lapsed, the last
    thing that they did, and how many did so. Who was only ever written to did
    `(nothing)`.
-#}
with

customers as (
    select interactions.customer_key
    from {{ ref('fct_interactions') }} as interactions
    where interactions.stage_signal = 'order'
    group by interactions.customer_key
),

departures as (
    select
        spells.customer_key,
        spells.stage,
        spells.exited_at
    from {{ ref('fct_stage_spells') }} as spells
    left join customers on spells.customer_key = customers.customer_key
    where spells.exit_stage = 'lapsed' and customers.customer_key is null
),

last_contacts as (
    select
        departures.stage,
        coalesce(interactions.touchpoint, '(nothing)') as touchpoint,
        row_number() over (
            partition by departures.customer_key, departures.exited_at
            order by interactions.occurred_at desc, interactions.interaction_id desc
        ) as recency_rank
    from departures
    left join {{ ref('fct_interactions') }} as interactions
        on
            departures.customer_key = interactions.customer_key
            and departures.exited_at > interactions.occurred_at
            and interactions.direction = 'inbound'
)

select
    last_contacts.stage as left_from_stage,
    last_contacts.touchpoint as last_touchpoint,
    count(*) as n_departures,
    cast(count(*) as double) / sum(count(*)) over () as departure_share
from last_contacts
where last_contacts.recency_rank = 1
group by last_contacts.stage, last_contacts.touchpoint
order by n_departures desc, left_from_stage asc, last_touchpoint asc
