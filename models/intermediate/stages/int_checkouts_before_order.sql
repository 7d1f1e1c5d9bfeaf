{#-
    Grain: one row per person and instant of a checkout before the first order of its
    cycle. Whether, and when, the clock takes the person back to consideration; after
    the cycle's first order it never does.
-#}
{{ config(
    materialized='incremental',
    incremental_strategy='touched_people',
) }}

with

checkouts as (
    select
        cycles.customer_key,
        cycles.cycle_number,
        cycles.first_order_at,
        cycles.lapse_due_at,
        contacts.occurred_at as checkout_at
    from {{ ref('int_contacts_signalled') }} as contacts
    inner join {{ ref('int_journey_cycles') }} as cycles
        on
            contacts.customer_key = cycles.customer_key
            and contacts.occurred_at >= cycles.started_at
            and contacts.occurred_at < cycles.lapse_due_at
            and (
                cycles.first_order_at is null
                or contacts.occurred_at < cycles.first_order_at
            )
    where
        contacts.direction = 'inbound'
        and contacts.stage_signal = 'checkout'
        and {{ touched('contacts.customer_key') }}
    group by
        cycles.customer_key,
        cycles.cycle_number,
        cycles.first_order_at,
        cycles.lapse_due_at,
        contacts.occurred_at
),

due as (
    select
        checkouts.*,
        checkouts.checkout_at
        + interval '{{ var("checkout_abandon_hours") }} hour' as due_at,
        lead(checkouts.checkout_at) over (
            partition by checkouts.customer_key, checkouts.cycle_number
            order by checkouts.checkout_at asc
        ) as next_checkout_at
    from checkouts
),

-- What comes at the very instant comes after the clock, but leaves no stay in between.
decided as (
    select
        due.customer_key,
        due.cycle_number,
        due.checkout_at,
        case
            when due.next_checkout_at <= due.due_at then cast(null as timestamp)
            when due.first_order_at <= due.due_at then cast(null as timestamp)
            when due.lapse_due_at <= due.due_at then cast(null as timestamp)
            else due.due_at
        end as abandoned_at
    from due
)

select * from decided
