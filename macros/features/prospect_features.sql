{#-
    Every feature of the predictions of prospects, as `clv_features()` has those of
    customers; its SQL is over `int_prospects_measured`.
-#}
{% macro prospect_features() %}
    {%- set web = 'web_events' -%}
    {%- set all = 'all contacts' -%}
    {%- set shared = journey_features() -%}
    {{ return([
        {
            'name': 'log_age_days',
            'definition': 'Logarithm of the days since the first contact',
            'source': all,
            'sql': 'ln(1 + measured.days_since_first)',
        },
        {
            'name': 'log_days_since_contact',
            'definition': 'Logarithm of the days since the latest contact of their own',
            'source': all,
            'sql': 'ln(1 + measured.days_since_contact)',
        },
        {
            'name': 'came_in_7_days',
            'definition': 'Whether they came by themselves in the last 7 days',
            'source': all,
            'sql': 'case when measured.days_since_contact < 7 then 1 else 0 end',
        },
        {
            'name': 'came_in_30_days',
            'definition': 'Whether they came by themselves in the last 30 days',
            'source': all,
            'sql': 'case when measured.days_since_contact < 30 then 1 else 0 end',
        },
        {
            'name': 'came_in_90_days',
            'definition': 'Whether they came by themselves in the last 90 days',
            'source': all,
            'sql': 'case when measured.days_since_contact < 90 then 1 else 0 end',
        },
        {
            'name': 'is_only_reached',
            'definition': 'Whether no contact was ever their own',
            'source': all,
            'sql': 'case when measured.days_since_contact is null then 1 else 0 end',
        },
        {
            'name': 'log_contacts_30',
            'definition': 'Logarithm of the contacts of their own in the last 30 days',
            'source': all,
            'sql': 'ln(1 + measured.n_inbound_30)',
        },
        {
            'name': 'log_contacts_90',
            'definition': 'Logarithm of the contacts of their own in the last 90 days',
            'source': all,
            'sql': 'ln(1 + measured.n_inbound_90)',
        },
        {
            'name': 'log_active_days',
            'definition': 'Logarithm of the days with a contact of their own',
            'source': all,
            'sql': 'ln(1 + measured.n_active_days)',
        },
        {
            'name': 'log_product_views',
            'definition': 'Logarithm of the product pages looked at',
            'source': web,
            'sql': 'ln(1 + measured.n_product_views)',
        },
        {
            'name': 'log_carts',
            'definition': 'Logarithm of the things put in a cart or on a wish list and the checkouts',
            'source': web,
            'sql': 'ln(1 + measured.n_carts)',
        },
        {
            'name': 'log_checkouts_30',
            'definition': 'Logarithm of the steps of a checkout in the last 30 days',
            'source': web,
            'sql': 'ln(1 + measured.n_checkouts_30)',
        },
        {
            'name': 'has_signed_up',
            'definition': 'Whether they opened an account, joined the newsletter or sent a form',
            'source': web,
            'sql': 'case when measured.n_sign_ups > 0 then 1 else 0 end',
        },
        {
            'name': 'paid_share',
            'definition': 'Share of their own contacts that a paid channel brought',
            'source': 'web_events, ad_interactions',
            'sql': 'coalesce(measured.n_paid / nullif(measured.n_inbound, 0), 0)',
        },
        shared['log_messages_90'],
        shared['log_message_clicks_90'],
        {
            'name': 'log_service_90',
            'definition': 'Logarithm of the tickets and chats of the last 90 days',
            'source': 'support_tickets, chat_conversations',
            'sql': 'ln(1 + measured.n_service_90)',
        },
        shared['log_friction_90'],
        shared['is_member'],
        {
            'name': 'is_in_consideration',
            'definition': 'Whether they are in consideration',
            'source': all,
            'sql': "case when measured.stage = 'consideration' then 1 else 0 end",
        },
        {
            'name': 'is_in_purchase',
            'definition': 'Whether they are in the purchase stage, at a checkout',
            'source': all,
            'sql': "case when measured.stage = 'purchase' then 1 else 0 end",
        },
        shared['is_lapsed'],
        shared['log_days_in_stage'],
        shared['log_cycle_number'],
        shared['is_first_paid'],
        shared['is_first_organic_search'],
        shared['is_first_direct'],
        shared['is_first_referred'],
    ]) }}
{% endmacro %}
