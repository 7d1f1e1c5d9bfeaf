{#-
    Is the model better than none? Over the past days of each horizon: how far off the
    champion was, and the best of the baselines that need no model. Above 1, the
    baseline is the better choice for that.
-#}
with

errors as (
    select
        backtests.horizon_days,
        backtests.origin_date,
        max(case when backtests.is_champion then backtests.orders_rmse end)
            as champion_orders_rmse,
        max(case when backtests.is_champion then backtests.net_revenue_rmse end)
            as champion_net_revenue_rmse,
        min(
            case
                when backtests.model in ('zero', 'rate_persists', 'last_period_again')
                    then backtests.orders_rmse
            end
        ) as baseline_orders_rmse,
        min(
            case
                when backtests.model in ('zero', 'rate_persists', 'last_period_again')
                    then backtests.net_revenue_rmse
            end
        ) as baseline_net_revenue_rmse
    from {{ ref('clv_backtests') }} as backtests
    where backtests.segment_kind = 'all'
    group by backtests.horizon_days, backtests.origin_date
)

select
    errors.horizon_days,
    errors.origin_date,
    errors.champion_orders_rmse,
    errors.champion_orders_rmse / nullif(errors.baseline_orders_rmse, 0)
        as orders_ratio,
    errors.champion_net_revenue_rmse,
    errors.champion_net_revenue_rmse / nullif(errors.baseline_net_revenue_rmse, 0)
        as net_revenue_ratio
from errors
order by errors.horizon_days asc, errors.origin_date asc
