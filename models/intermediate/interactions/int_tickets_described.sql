{#-
    Grain: one row per ticket. Whether it is about a delivery, by the seed
    `delivery_words`, and when its first answer was due and came.
-#}
{{ config(materialized='view') }}
{%- set answer_due_at = dbt.dateadd(
    'hour', var('ticket_response_hours'), 'tickets.opened_at'
) -%}
with

categories as (
    select
        tickets.category,
        count(words.word) > 0 as is_about_delivery
    from {{ ref('stg_service__support_tickets') }} as tickets
    left join {{ ref('delivery_words') }} as words
        on {{ has_substring('lower(tickets.category)', 'words.word') }}
    group by tickets.category
),

described as (
    select
        tickets.ticket_id,
        tickets.customer_id,
        coalesce(categories.is_about_delivery, false) as is_about_delivery,
        tickets.opened_at,
        {{ answer_due_at }} as answer_due_at,
        coalesce(tickets.first_response_at, tickets.resolved_at) as answered_at,
        tickets.resolved_at
    from {{ ref('stg_service__support_tickets') }} as tickets
    left join categories on tickets.category = categories.category
)

select * from described
