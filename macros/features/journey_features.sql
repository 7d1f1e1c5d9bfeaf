{#-
    The features that customers and prospects have in common, by name, in the form of
    `clv_features()`.
-#}
{% macro journey_features() %}
    {%- set features = {} -%}
    {%- for feature in [
        {
            'name': 'log_messages_90',
            'definition': 'Logarithm of the messages sent in the last 90 days',
            'source': 'messages',
            'sql': 'ln(1 + measured.n_messages_90)',
        },
        {
            'name': 'log_message_clicks_90',
            'definition': 'Logarithm of the clicks in messages of the last 90 days',
            'source': 'messages',
            'sql': 'ln(1 + measured.n_message_clicks_90)',
        },
        {
            'name': 'log_friction_90',
            'definition': 'Logarithm of the friction met in the last 90 days',
            'source': 'all contacts',
            'sql': 'ln(1 + measured.friction_90)',
        },
        {
            'name': 'is_member',
            'definition': 'Whether they are in the loyalty programme',
            'source': 'loyalty_events',
            'sql': 'case when measured.memberships > 0 then 1 else 0 end',
        },
        {
            'name': 'is_lapsed',
            'definition': 'Whether they have lapsed',
            'source': 'all contacts',
            'sql': "case when measured.stage = 'lapsed' then 1 else 0 end",
        },
        {
            'name': 'log_days_in_stage',
            'definition': 'Logarithm of the days in the stage that they are in',
            'source': 'all contacts',
            'sql': 'ln(1 + measured.days_in_stage)',
        },
        {
            'name': 'log_cycle_number',
            'definition': 'Logarithm of the cycles begun, one more after each lapse',
            'source': 'all contacts',
            'sql': 'ln(measured.cycle_number)',
        },
        {
            'name': 'is_first_paid',
            'definition': 'Whether a paid channel brought them first',
            'source': 'all contacts',
            'sql': "case
                when
                    measured.first_channel like 'Paid %'
                    or measured.first_channel in (
                        'Display', 'Affiliates', 'Cross-network', 'Audio'
                    )
                    then 1
                else 0
            end",
        },
        {
            'name': 'is_first_organic_search',
            'definition': 'Whether a search brought them first, unpaid',
            'source': 'all contacts',
            'sql': "case when measured.first_channel = 'Organic Search' then 1 else 0 end",
        },
        {
            'name': 'is_first_direct',
            'definition': 'Whether they came first by themselves',
            'source': 'all contacts',
            'sql': "case when measured.first_channel = 'Direct' then 1 else 0 end",
        },
        {
            'name': 'is_first_referred',
            'definition': 'Whether a customer or another site brought them first',
            'source': 'referrals, web_events',
            'sql': "case when measured.first_channel in ('Referral', 'Referral Program') then 1 else 0 end",
        },
    ] -%}
        {%- do features.update({feature['name']: feature}) -%}
    {%- endfor -%}
    {{ return(features) }}
{% endmacro %}
