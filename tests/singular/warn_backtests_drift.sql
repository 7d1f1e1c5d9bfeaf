-- Champions whose latest backtest over the headline horizon, or the one that decided,
-- was off by a quarter in total, or whose intervals missed by five points. Without the
-- season that is known by now, the total says nothing.
{{ config(severity='warn') }}
with

deciding as (
    select max(compared.horizon_days) as horizon_days
    from {{ ref('int_models_compared') }} as compared
),

champions as (
    select
        backtests.*,
        seasons.is_without_season,
        row_number() over (order by backtests.origin_date desc) as recency_rank
    from {{ ref('clv_backtests') }} as backtests
    inner join deciding on backtests.horizon_days = deciding.horizon_days
    inner join {{ ref('int_origin_seasons') }} as seasons
        on
            backtests.origin_date = seasons.origin_date
            and backtests.horizon_days = seasons.horizon_days
    where backtests.is_champion and backtests.segment_kind = 'all'
)

select
    champions.model,
    champions.origin_date,
    champions.horizon_days,
    champions.net_revenue_bias_rate,
    champions.net_revenue_coverage_80,
    champions.net_revenue_expected_coverage_80
from champions
where
    champions.recency_rank = 1
    and (
        (
            abs(champions.net_revenue_bias_rate) > 0.25
            and not champions.is_without_season
        )
        or abs(
            champions.net_revenue_coverage_80
            - champions.net_revenue_expected_coverage_80
        ) > 0.05
    )
