{#- Grain: one row per erasure request, accepted. -#}
with

raw_erasure_requests as (
    select * from {{ ref('base_crm__erasure_requests') }}
),

accepted as (
    select
        raw_erasure_requests.customer_id,
        raw_erasure_requests.requested_at
    from raw_erasure_requests
    where raw_erasure_requests.row_status = 'accepted'
)

select * from accepted
