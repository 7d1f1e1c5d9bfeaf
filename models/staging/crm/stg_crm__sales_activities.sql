{#- Grain: one row per sales activity, accepted. -#}
with

raw_sales_activities as (
    select * from {{ ref('base_crm__sales_activities') }}
),

accepted as (
    select
        raw_sales_activities.activity_id,
        raw_sales_activities.occurred_at,
        raw_sales_activities.customer_id,
        raw_sales_activities.activity_type,
        raw_sales_activities.direction,
        raw_sales_activities.outcome,
        raw_sales_activities.owner
    from raw_sales_activities
    where raw_sales_activities.row_status = 'accepted'
)

select * from accepted
