{#-
    Every feature of the regression, declared here (what they bought in
    `purchase_features()`, what it has in common with that of prospects in
    `journey_features()`) and nowhere else: its name, what it says, where that comes
    from, and its SQL over `int_features_measured`. All is known at the
    origin; what cannot be known of a customer is null, and counts as the mean.
-#}
{% macro clv_features() %}
    {%- set shared = journey_features() -%}
    {{ return(purchase_features() + [
        {
            'name': 'log_contacts_30',
            'definition': "Logarithm of the customer's own contacts of the last 30 days",
            'source': 'all contacts',
            'sql': 'ln(1 + measured.n_inbound_30)',
        },
        {
            'name': 'log_contacts_90',
            'definition': "Logarithm of the customer's own contacts of the last 90 days",
            'source': 'all contacts',
            'sql': 'ln(1 + measured.n_inbound_90)',
        },
        {
            'name': 'log_days_since_contact',
            'definition': "Logarithm of the days since the customer's own latest contact",
            'source': 'all contacts',
            'sql': 'ln(1 + measured.days_since_contact)',
        },
        {
            'name': 'log_considering_30',
            'definition': 'Logarithm of the contacts of the last 30 days that show an interest: products, searches, carts, clicks',
            'source': 'web_events, messages, ad_interactions, sales_activities',
            'sql': 'ln(1 + measured.n_considering_30)',
        },
        {
            'name': 'log_carts_30',
            'definition': 'Logarithm of the things put in a cart or on a wish list, and checkouts, of the last 30 days',
            'source': 'web_events',
            'sql': 'ln(1 + measured.n_carts_30)',
        },
        {
            'name': 'paid_share',
            'definition': "Share of the customer's own contacts that a paid channel brought",
            'source': 'web_events, ad_interactions',
            'sql': 'coalesce(measured.n_paid / nullif(measured.n_inbound, 0), 0)',
        },
        shared['log_messages_90'],
        shared['log_message_clicks_90'],
        {
            'name': 'log_service_90',
            'definition': 'Logarithm of the tickets, chats and returns of the last 90 days',
            'source': 'support_tickets, chat_conversations, web_events',
            'sql': 'ln(1 + measured.n_service_90)',
        },
        {
            'name': 'log_failures_365',
            'definition': 'Logarithm of the tickets overdue and chats unresolved of the last 365 days',
            'source': 'support_tickets, chat_conversations',
            'sql': 'ln(1 + measured.n_failures_365)',
        },
        shared['log_friction_90'],
        {
            'name': 'log_praises_365',
            'definition': 'Logarithm of the good reviews, promoter answers, referrals and public shares of the last 365 days',
            'source': 'reviews, survey_responses, referrals, social_engagements',
            'sql': 'ln(1 + measured.n_praises_365)',
        },
        {
            'name': 'log_complaints_365',
            'definition': 'Logarithm of the bad reviews, detractor and unhappy answers and complaints of the last 365 days',
            'source': 'reviews, survey_responses, social_engagements, messages',
            'sql': 'ln(1 + measured.n_complaints_365)',
        },
        {
            'name': 'satisfaction',
            'definition': 'Mean of what they said in surveys, of tickets and in reviews in the last 365 days, from 0 (worst) to 1',
            'source': 'survey_responses, support_tickets, reviews',
            'sql': 'measured.score_365 / nullif(measured.n_scores_365, 0)',
        },
        shared['is_member'],
        {
            'name': 'is_in_consideration',
            'definition': 'Whether they are in consideration again',
            'source': 'all contacts',
            'sql': "case when measured.stage = 'consideration' then 1 else 0 end",
        },
        {
            'name': 'is_in_purchase',
            'definition': 'Whether they are in the purchase stage',
            'source': 'all contacts',
            'sql': "case when measured.stage = 'purchase' then 1 else 0 end",
        },
        {
            'name': 'is_in_advocacy',
            'definition': 'Whether they are in advocacy',
            'source': 'all contacts',
            'sql': "case when measured.stage = 'advocacy' then 1 else 0 end",
        },
        shared['is_lapsed'],
        shared['log_days_in_stage'],
        shared['log_cycle_number'],
        shared['is_first_paid'],
        shared['is_first_organic_search'],
        shared['is_first_direct'],
        shared['is_first_referred'],
        {
            'name': 'age_years',
            'definition': 'Age in years',
            'source': 'customers',
            'sql': 'measured.age_years',
        },
        {
            'name': 'is_abroad',
            'definition': 'Whether they live in another country than most',
            'source': 'customers',
            'sql': 'case when measured.is_abroad then 1 when not measured.is_abroad then 0 end',
        },
    ]) }}
{% endmacro %}
