{#-
    What did those who lapsed meet before they lapsed, and those who stayed? Customers
    who lapsed from retention or advocacy and those who are there still: the share with
    each touchpoint of friction from 60 days before their last contact up to the lapse,
    or up to now. A ticket is overdue after the contact that opened it, often the last.
    Those who lapsed were quiet for longer, and so had more time for what needs nothing
    of theirs, as bounces and points that expire. `journey_pain_points` compares like
    with like; this does not.
-#}
with

stays as (
    select
        spells.customer_key,
        spells.cycle_number,
        max(case when spells.exit_stage = 'lapsed' then 1 else 0 end) as has_lapsed,
        max(spells.exited_at) as lapsed_at
    from {{ ref('fct_stage_spells') }} as spells
    where
        spells.stage in ('retention', 'advocacy')
        and (spells.exit_stage = 'lapsed' or spells.exited_at is null)
    group by spells.customer_key, spells.cycle_number
),

contacts as (
    select
        stays.customer_key,
        stays.cycle_number,
        stays.has_lapsed,
        interactions.touchpoint,
        interactions.friction_weight,
        interactions.occurred_at,
        max(
            case
                when interactions.direction = 'inbound' then interactions.occurred_at
            end
        ) over (partition by stays.customer_key, stays.cycle_number) as last_contact_at
    from stays
    inner join {{ ref('fct_interactions') }} as interactions
        on
            stays.customer_key = interactions.customer_key
            and stays.cycle_number = interactions.cycle_number
            and (
                stays.lapsed_at is null or stays.lapsed_at > interactions.occurred_at
            )
),

met as (
    select
        contacts.customer_key,
        contacts.cycle_number,
        contacts.has_lapsed,
        contacts.touchpoint
    from contacts
    where
        contacts.friction_weight > 0
        and contacts.last_contact_at
        <= {{ dbt.dateadd('day', 60, 'contacts.occurred_at') }}
    group by
        contacts.customer_key,
        contacts.cycle_number,
        contacts.has_lapsed,
        contacts.touchpoint
),

sizes as (
    select
        nullif(sum(stays.has_lapsed), 0) as n_lapsed,
        nullif(sum(1 - stays.has_lapsed), 0) as n_staying
    from stays
)

select
    met.touchpoint,
    sum(met.has_lapsed) as n_lapsed,
    sum(1 - met.has_lapsed) as n_staying,
    cast(sum(met.has_lapsed) as double) / min(sizes.n_lapsed) as lapsed_share,
    cast(sum(1 - met.has_lapsed) as double) / min(sizes.n_staying) as staying_share
from met
cross join sizes
group by met.touchpoint
order by lapsed_share desc nulls last, met.touchpoint asc
