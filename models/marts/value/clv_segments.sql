{#-
    Grain: one row per kind of segment and segment. Who is in it on the as-of day, what
    they have been worth and are predicted to be; and how far off the champion was of
    those who were in it on the newest past day whose predictions have come due.
-#}
with

-- The mean of fewer than 30 is not near enough to normal for its interval.
deviations as (
    select
        summed.*,
        sum(summed.n_customers) over by_kind as n_all_customers,
        sum(summed.clv_amount) over by_kind as all_clv_amount,
        {{ z_of_95() }} * sqrt(
            greatest(summed.mean_squared_error - power(summed.mean_error, 2), 0)
            / nullif(summed.n_backtest_customers - 1, 0)
        ) * case when summed.n_backtest_customers >= 30 then 1 end as mean_error_reach
    from {{ ref('int_segments_summed') }} as summed
    window by_kind as (partition by summed.segment_kind)
),

final as (
    select
        deviations.segment_kind,
        deviations.segment,
        deviations.n_customers,
        coalesce(
            cast(deviations.n_customers as double)
            / nullif(deviations.n_all_customers, 0), 0
        ) as customer_share,
        {% for days in [90, 365] -%}
        deviations.n_known_{{ days }},
        cast(deviations.n_retained_{{ days }} as double)
        / nullif(deviations.n_known_{{ days }}, 0) as retained_{{ days }}_share,
        {% for side in ['lower', 'upper'] -%}
        {{ wilson_bound(
            'deviations.n_retained_' ~ days, 'deviations.n_known_' ~ days, side
        ) }} as retained_{{ days }}_share_{{ side }},
        {% endfor -%}
        {% endfor -%}
        deviations.historic_net_revenue_amount,
        deviations.historic_margin_amount,
        deviations.predicted_orders,
        deviations.predicted_net_revenue_amount,
        deviations.predicted_margin_amount,
        deviations.clv_amount,
        cast(deviations.clv_amount as double)
        / nullif(cast(deviations.all_clv_amount as double), 0) as clv_share,
        cast(
            cast(deviations.clv_amount as double)
            / nullif(deviations.n_customers, 0) as decimal(18, 4)
        ) as mean_clv_amount,
        deviations.mean_p_alive,
        deviations.backtest_origin_date,
        deviations.backtest_horizon_days,
        deviations.n_backtest_customers,
        deviations.backtest_predicted_net_revenue_amount,
        deviations.backtest_actual_net_revenue_amount,
        cast(deviations.backtest_predicted_net_revenue_amount as double)
        / nullif(cast(deviations.backtest_actual_net_revenue_amount as double), 0) - 1
            as backtest_bias_rate,
        cast(deviations.mean_error as decimal(18, 4)) as backtest_mean_error_amount,
        cast(deviations.mean_error - deviations.mean_error_reach as decimal(18, 4))
            as backtest_mean_error_lower_amount,
        cast(deviations.mean_error + deviations.mean_error_reach as decimal(18, 4))
            as backtest_mean_error_upper_amount
    from deviations
)

select * from final
