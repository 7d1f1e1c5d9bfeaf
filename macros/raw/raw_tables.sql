{#-
    The raw tables, each with the domain whose folder stages it, in the order of the
    contract. A test compares it with the sources.
-#}
{% macro raw_tables() %}
    {{ return([
        {'domain': 'sales', 'name': 'orders'},
        {'domain': 'sales', 'name': 'order_lines'},
        {'domain': 'sales', 'name': 'refunds'},
        {'domain': 'sales', 'name': 'products'},
        {'domain': 'crm', 'name': 'customers'},
        {'domain': 'web', 'name': 'web_events'},
        {'domain': 'marketing', 'name': 'messages'},
        {'domain': 'marketing', 'name': 'campaigns'},
        {'domain': 'marketing', 'name': 'ad_spend'},
        {'domain': 'marketing', 'name': 'ad_interactions'},
        {'domain': 'marketing', 'name': 'social_engagements'},
        {'domain': 'crm', 'name': 'sales_activities'},
        {'domain': 'service', 'name': 'support_tickets'},
        {'domain': 'service', 'name': 'chat_conversations'},
        {'domain': 'service', 'name': 'survey_responses'},
        {'domain': 'loyalty', 'name': 'reviews'},
        {'domain': 'loyalty', 'name': 'referrals'},
        {'domain': 'loyalty', 'name': 'loyalty_events'},
        {'domain': 'experiments', 'name': 'experiment_exposures'},
        {'domain': 'experiments', 'name': 'experiments'},
        {'domain': 'crm', 'name': 'consent_events'},
        {'domain': 'crm', 'name': 'erasure_requests'},
        {'domain': 'sales', 'name': 'exchange_rates'},
    ]) }}
{% endmacro %}
