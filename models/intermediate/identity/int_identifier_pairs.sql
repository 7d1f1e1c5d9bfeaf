{#-
    Grain: one row per customer number and device that accepted rows name together;
    either may be null, never both. What identity is made of, so that no later step has
    to read the rows again.
-#}
{{ config(materialized='incremental', incremental_strategy='touched_pairs') }}
{%- set mentions = [
    ('stg_sales__orders', 'customer_id', true, 'ordered_at'),
    ('stg_crm__customers', 'customer_id', false, 'created_at'),
    ('stg_web__web_events', 'customer_id', true, 'occurred_at'),
    ('stg_marketing__messages', 'customer_id', false, 'occurred_at'),
    ('stg_marketing__ad_interactions', 'customer_id', true, 'occurred_at'),
    ('stg_marketing__social_engagements', 'customer_id', true, 'occurred_at'),
    ('stg_crm__sales_activities', 'customer_id', false, 'occurred_at'),
    ('stg_service__support_tickets', 'customer_id', false, 'opened_at'),
    ('stg_service__chat_conversations', 'customer_id', true, 'started_at'),
    ('stg_service__survey_responses', 'customer_id', false, 'responded_at'),
    ('stg_loyalty__reviews', 'customer_id', false, 'posted_at'),
    ('stg_loyalty__referrals', 'referrer_customer_id', false, 'referred_at'),
    ('stg_loyalty__referrals', 'referee_customer_id', false, 'referred_at'),
    ('stg_loyalty__loyalty_events', 'customer_id', false, 'occurred_at'),
    ('stg_experiments__experiment_exposures', 'customer_id', true, 'exposed_at'),
    ('stg_crm__consent_events', 'customer_id', false, 'occurred_at'),
] -%}
{%- set alias = ' as customer_id' -%}
with

-- Each table by itself first: there are far fewer pairs than rows.
mentions as (
    {% for model, customer_id, has_device, seen_at in mentions -%}
    select
        mentioned.{{ customer_id ~ (alias if customer_id != 'customer_id' else '') }},
        {{ 'mentioned.anonymous_id' if has_device
            else 'cast(null as varchar) as anonymous_id' }},
        min(mentioned.{{ seen_at }}) as first_seen_at,
        max(mentioned.{{ seen_at }}) as last_seen_at,
        count(*) as n_rows
    from {{ ref(model) }} as mentioned
    {% if is_incremental() -%}
    where {{ has_changed(
        'mentioned.' ~ customer_id,
        'mentioned.anonymous_id' if has_device else none
    ) }}
    {% endif -%}
    group by
        mentioned.{{ customer_id }}
        {{- ', mentioned.anonymous_id' if has_device }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

pairs as (
    select
        mentions.customer_id,
        mentions.anonymous_id,
        min(mentions.first_seen_at) as first_seen_at,
        max(mentions.last_seen_at) as last_seen_at,
        cast(sum(mentions.n_rows) as bigint) as n_rows
    from mentions
    where coalesce(mentions.customer_id, mentions.anonymous_id) is not null
    group by mentions.customer_id, mentions.anonymous_id
)

select * from pairs
