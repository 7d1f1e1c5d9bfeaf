{#- Grain: one row per ticket, accepted. -#}
with

raw_support_tickets as (
    select * from {{ ref('base_service__support_tickets') }}
),

accepted as (
    select
        raw_support_tickets.ticket_id,
        raw_support_tickets.customer_id,
        raw_support_tickets.opened_at,
        raw_support_tickets.first_response_at,
        raw_support_tickets.resolved_at,
        raw_support_tickets.contact_channel,
        raw_support_tickets.category,
        raw_support_tickets.priority,
        raw_support_tickets.reopen_count,
        raw_support_tickets.csat_score
    from raw_support_tickets
    where raw_support_tickets.row_status = 'accepted'
)

select * from accepted
