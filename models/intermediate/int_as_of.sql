{#-
    Grain: one row. The instant that the build describes: `as_of`, else the latest
    accepted contact.
-#}
{%- set contacts = [
    ('stg_sales__orders', 'ordered_at'),
    ('stg_sales__refunds', 'refunded_at'),
    ('stg_web__web_events', 'occurred_at'),
    ('stg_marketing__messages', 'occurred_at'),
    ('stg_marketing__ad_interactions', 'occurred_at'),
    ('stg_marketing__social_engagements', 'occurred_at'),
    ('stg_crm__sales_activities', 'occurred_at'),
    ('stg_service__support_tickets', 'opened_at'),
    ('stg_service__support_tickets', 'resolved_at'),
    ('stg_service__chat_conversations', 'started_at'),
    ('stg_service__chat_conversations', 'ended_at'),
    ('stg_service__survey_responses', 'sent_at'),
    ('stg_service__survey_responses', 'responded_at'),
    ('stg_loyalty__reviews', 'posted_at'),
    ('stg_loyalty__referrals', 'referred_at'),
    ('stg_loyalty__referrals', 'converted_at'),
    ('stg_loyalty__loyalty_events', 'occurred_at'),
] -%}
{%- set latest =
    'max(' ~ (as_of_limit() if var('as_of') else 'latest_contacts.latest_at') ~ ')' -%}
with

latest_contacts as (
    {% for model, column in contacts -%}
    select max(contacts.{{ column }}) as latest_at
    from {{ ref(model) }} as contacts
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

as_of as (
    select
        {{ latest }} as as_of_at,
        {{ reporting_date(latest) }} as as_of_date
    from latest_contacts
)

select * from as_of
