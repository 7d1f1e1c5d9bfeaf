{#- Grain: one row per consent given or withdrawn, accepted. -#}
with

raw_consent_events as (
    select * from {{ ref('base_crm__consent_events') }}
),

accepted as (
    select
        raw_consent_events.customer_id,
        raw_consent_events.occurred_at,
        raw_consent_events.purpose,
        raw_consent_events.is_granted
    from raw_consent_events
    where raw_consent_events.row_status = 'accepted'
)

select * from accepted
