{#- Grain: one row per CRM contact, accepted. -#}
with

raw_customers as (
    select * from {{ ref('base_crm__customers') }}
),

accepted as (
    select
        raw_customers.customer_id,
        raw_customers.email_hash,
        raw_customers.phone_hash,
        raw_customers.created_at,
        raw_customers.birth_year,
        raw_customers.gender,
        raw_customers.country,
        raw_customers.region,
        raw_customers.postal_code,
        raw_customers.acquisition_source,
        raw_customers.is_employee,
        raw_customers.updated_at
    from raw_customers
    where raw_customers.row_status = 'accepted'
)

select * from accepted
