{#- Grain: one row per loyalty event, accepted. -#}
with

raw_loyalty_events as (
    select * from {{ ref('base_loyalty__loyalty_events') }}
),

accepted as (
    select
        raw_loyalty_events.event_id,
        raw_loyalty_events.customer_id,
        raw_loyalty_events.occurred_at,
        raw_loyalty_events.event_name,
        raw_loyalty_events.points,
        raw_loyalty_events.tier
    from raw_loyalty_events
    where raw_loyalty_events.row_status = 'accepted'
)

select * from accepted
