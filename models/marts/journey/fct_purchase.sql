{#-
    Grain: one row per person and cycle with a checkout or an order. How the checkout
    went, how long it took, and what was bought while it lasted.
-#}
{{ config(
    materialized='incremental',
    incremental_strategy='touched_people',
) }}

with

stages as (
    select all_stages.*
    from {{ ref('int_cycle_stages') }} as all_stages
    where
        all_stages.stage = 'purchase'
        and {{ touched('all_stages.customer_key') }}
),

contacts as (
    select all_contacts.*
    from {{ ref('fct_interactions') }} as all_contacts
    where
        all_contacts.stage = 'purchase'
        and {{ touched('all_contacts.customer_key') }}
),

abandoned as (
    select
        spells.customer_key,
        spells.cycle_number,
        count(*) as n_abandoned_checkouts
    from {{ ref('int_stage_spells') }} as spells
    where
        spells.stage = 'purchase'
        and spells.exit_stage = 'consideration'
        and {{ touched('spells.customer_key') }}
    group by spells.customer_key, spells.cycle_number
),

-- The first order of a cycle lies in its last stay in this stage, which the checkout
-- that led to it began: earlier checkouts were abandoned.
counts as (
    select
        contacts.customer_key,
        contacts.cycle_number,
        count(*) as n_contacts,
        count(case when contacts.touchpoint = 'payment_failed' then 1 end)
            as n_payment_failures,
        count(case when contacts.stage_signal = 'order' then 1 end) as n_orders,
        sum(contacts.revenue_amount) as revenue_amount,
        min(
            case when contacts.stage_signal = 'checkout' then contacts.occurred_at end
        ) as first_checkout_at,
        min(
            case
                when
                    contacts.stage_signal = 'checkout'
                    and contacts.occurred_at >= stages.last_entered_at
                    then contacts.occurred_at
            end
        ) as last_checkout_begun_at,
        min(
            case when contacts.stage_signal = 'order' then contacts.occurred_at end
        ) as first_order_at
    from contacts
    inner join stages
        on
            contacts.customer_key = stages.customer_key
            and contacts.cycle_number = stages.cycle_number
    group by contacts.customer_key, contacts.cycle_number
),

final as (
    select
        stages.customer_key,
        stages.cycle_number,
        stages.to_stage,
        counts.n_contacts,
        coalesce(abandoned.n_abandoned_checkouts, 0) as n_abandoned_checkouts,
        counts.n_payment_failures,
        counts.n_orders,
        cast(coalesce(counts.revenue_amount, 0) as decimal(18, 4)) as revenue_amount,
        case
            when counts.last_checkout_begun_at <= counts.first_order_at
                then 24 * {{ days_between(
                    'counts.last_checkout_begun_at', 'counts.first_order_at'
                ) }}
        end as checkout_hours,
        stages.left_at is not null and counts.first_order_at is null as is_abandoned,
        stages.days,
        stages.is_open,
        counts.first_checkout_at,
        counts.first_order_at,
        stages.entered_at,
        stages.left_at
    from stages
    inner join counts
        on
            stages.customer_key = counts.customer_key
            and stages.cycle_number = counts.cycle_number
    left join abandoned
        on
            stages.customer_key = abandoned.customer_key
            and stages.cycle_number = abandoned.cycle_number
)

select * from final
