{#-
    Grain: one row per moment in which the like are found and touchpoint that the person
    had met since the latest visit: who cannot stand for those who had not.
-#}
{{ config(materialized='view') }}
with

met as (
    select
        moments.compared_with,
        moments.customer_key,
        moments.day_number,
        contacts.touchpoint
    from {{ ref('int_moments_compared') }} as moments
    inner join {{ ref('int_contact_days') }} as contacts
        on
            moments.customer_key = contacts.customer_key
            and moments.compared_with = contacts.compared_with
            and moments.day_number >= contacts.day_number
            and moments.visit_day <= contacts.day_number
    where
        moments.is_like
        -- Who met it in a visit is compared on the day of the visit only.
        and (not contacts.is_visit or contacts.day_number = moments.day_number)
    group by
        moments.compared_with,
        moments.customer_key,
        moments.day_number,
        contacts.touchpoint
)

select * from met
