{#-
    Grain: one row per person and cycle. Where each cycle begins, when it is due to
    lapse, and its first signals: what the rest of the stage rules is counted from.
-#}
{%- set day_number =
    dbt.datediff("timestamp '1970-01-01 00:00:00'", 'contacts.occurred_at', 'day') -%}
{%- set block_number =
    'cast(floor(' ~ day_number ~ ' / ' ~ var('lapse_days') ~ ') as bigint)' -%}
{{ config(
    materialized='incremental',
    incremental_strategy='touched_people',
) }}

with

-- Days in blocks of `lapse_days`: no two contacts of a block are so far apart that the
-- person lapses in between, so the blocks, which are few, tell the cycles as exactly as
-- the contacts would. An outbound contact gives no signal.
blocks as (
    select
        contacts.customer_key,
        {{ block_number }} as block_number,
        min(contacts.occurred_at) as first_contact_at,
        min(
            case when contacts.direction = 'inbound' then contacts.occurred_at end
        ) as first_inbound_at,
        max(
            case when contacts.direction = 'inbound' then contacts.occurred_at end
        ) as last_inbound_at,
        min(
            case
                when
                    contacts.direction = 'inbound'
                    and contacts.stage_signal in ('consideration', 'checkout', 'order')
                    then contacts.occurred_at
            end
        ) as first_considered_at,
        min(
            case
                when
                    contacts.direction = 'inbound'
                    and contacts.stage_signal = 'order'
                    then contacts.occurred_at
            end
        ) as first_order_at
    from {{ ref('int_contacts_signalled') }} as contacts
    where {{ touched('contacts.customer_key') }}
    group by
        contacts.customer_key,
        {{ block_number }}
),

numbered_blocks as (
    select
        blocks.*,
        row_number() over (
            partition by blocks.customer_key
            order by blocks.block_number asc
        ) as block_rank
    from blocks
),

-- The person's very first contact counts for the lapse clock even if it is outbound.
counted_blocks as (
    select
        numbered_blocks.customer_key,
        numbered_blocks.block_number,
        numbered_blocks.first_considered_at,
        numbered_blocks.first_order_at,
        case
            when numbered_blocks.block_rank = 1 then numbered_blocks.first_contact_at
            else numbered_blocks.first_inbound_at
        end as first_counted_at,
        coalesce(numbered_blocks.last_inbound_at, numbered_blocks.first_contact_at)
            as last_counted_at
    from numbered_blocks
    where
        numbered_blocks.block_rank = 1
        or numbered_blocks.first_inbound_at is not null
),

compared_blocks as (
    select
        counted_blocks.*,
        lag(counted_blocks.last_counted_at) over (
            partition by counted_blocks.customer_key
            order by counted_blocks.block_number asc
        ) as previous_counted_at
    from counted_blocks
),

cycled_blocks as (
    select
        compared_blocks.*,
        sum(
            case
                when
                    compared_blocks.first_counted_at
                    < compared_blocks.previous_counted_at
                    + interval '{{ var("lapse_days") }} day'
                    then 0
                else 1
            end
        ) over (
            partition by compared_blocks.customer_key
            order by compared_blocks.block_number asc
            rows between unbounded preceding and current row
        ) as cycle_number
    from compared_blocks
),

cycles as (
    select
        cycled_blocks.customer_key,
        cast(cycled_blocks.cycle_number as bigint) as cycle_number,
        min(cycled_blocks.first_counted_at) as started_at,
        min(cycled_blocks.first_considered_at) as first_considered_at,
        min(cycled_blocks.first_order_at) as first_order_at,
        min(cycled_blocks.first_order_at)
        + interval '{{ var("purchase_window_days") }} day' as retained_at,
        max(cycled_blocks.last_counted_at) as last_counted_at,
        max(cycled_blocks.last_counted_at)
        + interval '{{ var("lapse_days") }} day' as lapse_due_at
    from cycled_blocks
    group by
        cycled_blocks.customer_key,
        cast(cycled_blocks.cycle_number as bigint)
)

select * from cycles
