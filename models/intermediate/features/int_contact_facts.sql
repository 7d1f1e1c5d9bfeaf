{#-
    Grain: one row per person and day with a contact. What the features of the journey
    are sums of.
-#}
{{ config(materialized='incremental', incremental_strategy='touched_people') }}

with

contacts as (
    select
        interactions.customer_key,
        {{ reporting_date('interactions.occurred_at') }} as fact_date,
        interactions.touchpoint,
        interactions.direction = 'inbound' as is_inbound,
        interactions.phase,
        interactions.stage_signal,
        interactions.friction_weight,
        interactions.channel
    from {{ ref('fct_interactions') }} as interactions
    where {{ touched('interactions.customer_key') }}
),

facts as (
    select
        contacts.customer_key,
        contacts.fact_date,
        count(case when contacts.is_inbound then 1 end) as n_inbound,
        count(case when contacts.stage_signal = 'consideration' then 1 end)
            as n_considering,
        count(
            case
                when
                    contacts.touchpoint in (
                        'cart_added', 'wishlist_added', 'checkout_started'
                    )
                    then 1
            end
        ) as n_carts,
        count(case when contacts.touchpoint = 'product_viewed' then 1 end)
            as n_product_views,
        count(
            case
                when
                    contacts.touchpoint in ('checkout_started', 'checkout_continued')
                    then 1
            end
        ) as n_checkouts,
        count(
            case
                when
                    contacts.touchpoint in (
                        'account_created', 'newsletter_joined', 'form_submitted'
                    )
                    then 1
            end
        ) as n_sign_ups,
        max(case when contacts.is_inbound then 1 else 0 end) as n_active_days,
        count(
            case
                when
                    contacts.is_inbound
                    and (
                        contacts.channel like 'Paid %'
                        or contacts.channel in (
                            'Display', 'Affiliates', 'Cross-network', 'Audio'
                        )
                    )
                    then 1
            end
        ) as n_paid,
        count(case when contacts.touchpoint = 'message_sent' then 1 end) as n_messages,
        count(case when contacts.touchpoint = 'message_clicked' then 1 end)
            as n_message_clicks,
        count(
            case
                when
                    contacts.touchpoint in (
                        'ticket_opened', 'ticket_delivery', 'chat_started',
                        'return_requested'
                    )
                    then 1
            end
        ) as n_service,
        count(
            case
                when
                    contacts.touchpoint in ('ticket_overdue', 'chat_unresolved')
                    then 1
            end
        ) as n_failures,
        cast(
            coalesce(sum(cast(contacts.friction_weight as decimal(18, 4))), 0)
            as decimal(18, 4)
        ) as friction,
        count(case when contacts.stage_signal = 'advocacy' then 1 end) as n_praises,
        count(
            case
                when
                    contacts.stage_signal = 'detractor'
                    or contacts.touchpoint in (
                        'survey_unhappy', 'social_complained', 'message_complained'
                    )
                    then 1
            end
        ) as n_complaints,
        cast(sum(
            case contacts.touchpoint
                when 'loyalty_joined' then 1
                when 'loyalty_left' then -1
                else 0
            end
        ) as bigint) as memberships
    from contacts
    group by contacts.customer_key, contacts.fact_date
)

select * from facts
