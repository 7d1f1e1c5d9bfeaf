{#- The features of customers that tell what they bought, in the form of `clv_features()`. -#}
{% macro purchase_features() %}
    {{ return([
        {
            'name': 'log_repeat_purchases',
            'definition': 'Logarithm of the days with a purchase after the first',
            'source': 'orders',
            'sql': 'ln(1 + measured.x)',
        },
        {
            'name': 'log_age_days',
            'definition': 'Logarithm of the days since the first purchase',
            'source': 'orders',
            'sql': 'ln(1 + measured.T)',
        },
        {
            'name': 'log_recency_days',
            'definition': 'Logarithm of the days since the latest purchase',
            'source': 'orders',
            'sql': 'ln(1 + measured.T - measured.t_x)',
        },
        {
            'name': 'active_share',
            'definition': 'Share of the time since the first purchase that lay before the latest',
            'source': 'orders',
            'sql': 'coalesce(cast(measured.t_x as double) / nullif(measured.T, 0), 0)',
        },
        {
            'name': 'log_purchases_30',
            'definition': 'Logarithm of the days with a purchase among the last 30',
            'source': 'orders',
            'sql': 'ln(1 + measured.n_purchases_30)',
        },
        {
            'name': 'log_purchases_90',
            'definition': 'Logarithm of the days with a purchase among the last 90',
            'source': 'orders',
            'sql': 'ln(1 + measured.n_purchases_90)',
        },
        {
            'name': 'log_purchases_365',
            'definition': 'Logarithm of the days with a purchase among the last 365',
            'source': 'orders',
            'sql': 'ln(1 + measured.n_purchases_365)',
        },
        {
            'name': 'log_purchases_a_year_ago',
            'definition': 'Logarithm of the days with a purchase in the 90 days that began a year ago',
            'source': 'orders',
            'sql': 'ln(1 + measured.n_purchases_275_to_365)',
        },
        {
            'name': 'log_revenue_90',
            'definition': 'Logarithm of the net revenue of the last 90 days',
            'source': 'orders, refunds',
            'sql': 'ln(1 + greatest(measured.net_revenue_amount_90, 0))',
        },
        {
            'name': 'log_revenue_365',
            'definition': 'Logarithm of the net revenue of the last 365 days',
            'source': 'orders, refunds',
            'sql': 'ln(1 + greatest(measured.net_revenue_amount_365, 0))',
        },
        {
            'name': 'log_expected_spend',
            'definition': 'Logarithm of what the spend model expects of a purchase',
            'source': 'orders, refunds',
            'sql': 'ln(1 + measured.purchase_spend)',
        },
        {
            'name': 'log_mean_spend',
            'definition': 'Logarithm of the mean purchase so far, the first one too',
            'source': 'orders, refunds',
            'sql': 'ln(1 + greatest(measured.net_revenue_amount, 0) / (measured.x + 1))',
        },
        {
            'name': 'log_spend_90',
            'definition': 'Logarithm of the mean purchase of the last 90 days, where there was one',
            'source': 'orders, refunds',
            'sql': 'ln(1 + greatest(measured.net_revenue_amount_90, 0)
                / nullif(measured.n_purchases_90, 0))',
        },
        {
            'name': 'log_first_spend',
            'definition': 'Logarithm of the first purchase',
            'source': 'orders, refunds',
            'sql': 'ln(1 + greatest(measured.first_net_revenue_amount, 0))',
        },
        {
            'name': 'log_units',
            'definition': 'Logarithm of the units bought',
            'source': 'order_lines',
            'sql': 'ln(1 + greatest(measured.n_units, 0))',
        },
        {
            'name': 'log_units_per_purchase',
            'definition': 'Logarithm of the units of a purchase, on average',
            'source': 'order_lines',
            'sql': 'ln(1 + greatest(measured.n_units, 0) / (measured.x + 1))',
        },
        {
            'name': 'log_products',
            'definition': 'Logarithm of the different products bought',
            'source': 'order_lines',
            'sql': 'ln(1 + measured.n_products)',
        },
        {
            'name': 'gap_spread',
            'definition': 'Standard deviation of the logarithms of the days between purchases, of three gaps or more',
            'source': 'orders',
            'sql': 'case when measured.n_gaps >= 3 then sqrt(greatest(
                measured.log_gap_square - measured.log_gap * measured.log_gap / measured.n_gaps, 0
            ) / (measured.n_gaps - 1)) end',
        },
        {
            'name': 'log_overdue',
            'definition': 'Logarithm of the days since the latest purchase over their usual number, of two gaps or more',
            'source': 'orders',
            'sql': 'case when measured.n_gaps >= 2
                then ln(1 + measured.T - measured.t_x) - measured.log_gap / measured.n_gaps end',
        },
        {
            'name': 'discount_share',
            'definition': 'Share of the price before discounts that was discounted',
            'source': 'orders',
            'sql': 'coalesce(measured.discount_amount
                / nullif(measured.gross_amount + measured.discount_amount, 0), 0)',
        },
        {
            'name': 'refund_share',
            'definition': 'Share of what was charged that was given back',
            'source': 'refunds',
            'sql': 'coalesce(least(measured.refunded_amount / nullif(measured.gross_amount, 0), 1), 0)',
        },
    ]) }}
{% endmacro %}
