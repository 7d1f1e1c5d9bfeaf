{#-
    Which touchpoint comes after which? The transition counts: how often one followed the
    other in a journey (a person's cycle), itself included, with the start and the end,
    and the share of what follows each.
-#}
with

contacts as (
    select
        interactions.touchpoint,
        lag(interactions.touchpoint) over in_order as previous_touchpoint,
        lead(interactions.touchpoint) over in_order as next_touchpoint
    from {{ ref('fct_interactions') }} as interactions
    where interactions.direction = 'inbound'
    window in_order as (
        partition by interactions.customer_key, interactions.cycle_number
        order by interactions.occurred_at, interactions.interaction_id
    )
),

counted as (
    select
        contacts.touchpoint as from_touchpoint,
        coalesce(contacts.next_touchpoint, '(end)') as to_touchpoint,
        count(*) as n_transitions
    from contacts
    group by contacts.touchpoint, coalesce(contacts.next_touchpoint, '(end)')
    union all
    select
        '(start)' as from_touchpoint,
        contacts.touchpoint as to_touchpoint,
        count(*) as n_transitions
    from contacts
    where contacts.previous_touchpoint is null
    group by contacts.touchpoint
)

select
    counted.from_touchpoint,
    counted.to_touchpoint,
    counted.n_transitions,
    cast(counted.n_transitions as double)
    / sum(counted.n_transitions) over (partition by counted.from_touchpoint)
        as transition_share
from counted
order by
    counted.n_transitions desc,
    counted.from_touchpoint asc,
    counted.to_touchpoint asc
