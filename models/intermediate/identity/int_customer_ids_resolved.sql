{#-
    Grain: one row per customer number of any source. Says which person it is; every
    other model takes the person from here.
-#}
{%- set mentions = [
    ('stg_sales__orders', 'customer_id'),
    ('stg_crm__customers', 'customer_id'),
    ('stg_web__web_events', 'customer_id'),
    ('stg_marketing__messages', 'customer_id'),
    ('stg_marketing__ad_interactions', 'customer_id'),
    ('stg_marketing__social_engagements', 'customer_id'),
    ('stg_crm__sales_activities', 'customer_id'),
    ('stg_service__support_tickets', 'customer_id'),
    ('stg_service__chat_conversations', 'customer_id'),
    ('stg_service__survey_responses', 'customer_id'),
    ('stg_loyalty__reviews', 'customer_id'),
    ('stg_loyalty__referrals', 'referrer_customer_id'),
    ('stg_loyalty__referrals', 'referee_customer_id'),
    ('stg_loyalty__loyalty_events', 'customer_id'),
    ('stg_experiments__experiment_exposures', 'customer_id'),
    ('stg_crm__consent_events', 'customer_id'),
] -%}
with

mentions as (
    {% for model, column in mentions -%}
    select cast(mentioned.{{ column }} as {{ dbt.type_string() }}) as customer_id
    from {{ ref(model) }} as mentioned
    where mentioned.{{ column }} is not null
    {{ 'union' if not loop.last }}
    {% endfor %}
),

resolved as (
    select
        mentions.customer_id,
        {{ dbt.hash('mentions.customer_id') }} as customer_key
    from mentions
)

select * from resolved
