{#-
    Grain: one row per person whom the CRM knows, by the contact that was updated last.
-#}
{{ config(materialized='view') }}

with

contacts as (
    select
        resolved.customer_key,
        crm.*,
        row_number() over (
            partition by resolved.customer_key
            order by
                crm.updated_at desc nulls last,
                crm.created_at desc nulls last,
                resolved.customer_id asc
        ) as contact_rank
    from {{ ref('int_customer_ids_resolved') }} as resolved
    inner join {{ ref('stg_crm__customers') }} as crm
        on resolved.customer_id = crm.customer_id
),

latest as (
    select contacts.*
    from contacts
    where contacts.contact_rank = 1
),

countries as (
    select
        latest.country,
        row_number() over (order by count(*) desc, latest.country asc) as country_rank
    from latest
    where latest.country is not null
    group by latest.country
),

final as (
    select
        latest.customer_key,
        latest.customer_id,
        latest.gender,
        latest.birth_year,
        latest.country,
        latest.region,
        latest.postal_code,
        latest.acquisition_source,
        latest.is_employee,
        latest.created_at,
        latest.country <> countries.country as is_abroad
    from latest
    left join countries on countries.country_rank = 1
)

select * from final
