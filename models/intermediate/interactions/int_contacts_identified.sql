{#-
    Grain: one row per contact that is not a web event, with the person and the channel.
    What names neither a number nor a device is nobody's: `identity_quality` counts it.
-#}
{{ config(materialized='view') }}

with

contacts as (
    {% for model in contact_models() -%}
    select contacts.*
    from {{ ref(model) }} as contacts
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

identified as (
    select
        contacts.interaction_id,
        contacts.source,
        contacts.event_name,
        contacts.occurred_at,
        contacts.customer_id,
        contacts.anonymous_id,
        {{ joined_person() }} as customer_key,
        coalesce(channels.channel, contacts.channel_word) as channel,
        contacts.campaign_id,
        contacts.place,
        contacts.product_id,
        contacts.revenue_amount,
        contacts.cost_amount
    from contacts
    {{ join_person('contacts') }}
    left join {{ ref('channel_names') }} as channels
        on contacts.channel_word = channels.word
    where coalesce(contacts.customer_id, contacts.anonymous_id) is not null
)

select * from identified
