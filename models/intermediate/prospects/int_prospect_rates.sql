{#-
    Grain: one row per origin, horizon and band of how lately prospects came: the rates
    at which prospects bought at the origins that are learned from, of all and of the
    band, and what those who bought brought. What scores without a regression.
-#}
{%- set bands = [
    'last 7 days', 'last 30 days', 'last 90 days', 'before', 'never',
] -%}
{%- set counts = [
    'n_prospects', 'n_buyers', 'n_early_buyers', 'n_latest_prospects',
    'n_latest_buyers', 'days_until', 'net_revenue', 'early_net_revenue',
] -%}
with

bands as (
    {% for band in bands -%}
    select '{{ band }}' as recency_band
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

counted as (
    select
        lessons.days_ago,
        lessons.horizon_days,
        lessons.trained_horizon_days,
        features.recency_band,
        count(*) as n_prospects,
        sum(outcomes.buys) as n_buyers,
        sum(outcomes.buys_early) as n_early_buyers,
        count(case when lessons.is_latest then 1 end) as n_latest_prospects,
        sum(case when lessons.is_latest then outcomes.buys else 0 end)
            as n_latest_buyers,
        coalesce(sum(outcomes.days_until), 0) as days_until,
        sum(outcomes.net_revenue_amount) as net_revenue,
        sum(outcomes.early_net_revenue_amount) as early_net_revenue
    from {{ ref('int_prospect_lessons') }} as lessons
    inner join {{ ref('int_prospect_outcomes') }} as outcomes
        on
            lessons.lesson_days_ago = outcomes.days_ago
            and lessons.trained_horizon_days = outcomes.horizon_days
    inner join {{ ref('int_prospect_features') }} as features
        on
            outcomes.days_ago = features.days_ago
            and outcomes.customer_key = features.customer_key
    group by
        lessons.days_ago,
        lessons.horizon_days,
        lessons.trained_horizon_days,
        features.recency_band
),

totals as (
    select
        counted.days_ago,
        counted.horizon_days,
        {% for count in counts -%}
        cast(sum(counted.{{ count }}) as double) as {{ count }},
        {% endfor -%}
        counted.trained_horizon_days
    from counted
    group by counted.days_ago, counted.horizon_days, counted.trained_horizon_days
),

-- The cumulated hazard after a time t goes with t to the power of rate_exponent.
powers as (
    select
        totals.*,
        (totals.n_latest_buyers + 0.5) / (totals.n_latest_prospects + 1) as base_rate,
        totals.n_buyers / totals.n_prospects as mean_rate,
        case
            when totals.n_early_buyers = 0 or totals.n_buyers = totals.n_prospects
                then 1
            else
                ln(
                    ln(1 - totals.n_buyers / totals.n_prospects)
                    / ln(1 - totals.n_early_buyers / totals.n_prospects)
                ) / ln(2)
        end as rate_exponent,
        case
            when totals.early_net_revenue <= 0 or totals.net_revenue <= 0 then 1
            else ln(totals.net_revenue / totals.early_net_revenue) / ln(2)
        end as revenue_exponent
    from totals
),

final as (
    select
        powers.days_ago,
        powers.horizon_days,
        powers.trained_horizon_days,
        bands.recency_band,
        cast(powers.n_prospects as bigint) as n_prospects,
        cast(powers.n_buyers as bigint) as n_buyers,
        powers.base_rate,
        -- As if ten more prospects of the band had bought at the rate of all.
        (coalesce(cast(counted.n_buyers as double), 0) + 10 * powers.mean_rate)
        / (coalesce(counted.n_prospects, 0) + 10) as recency_rate,
        coalesce(powers.days_until / nullif(powers.n_buyers, 0), 0) as mean_days,
        greatest(coalesce(powers.net_revenue / nullif(powers.n_buyers, 0), 0), 0)
            as mean_net_revenue,
        greatest(0, least(1, powers.rate_exponent)) as rate_exponent,
        greatest(0, least(1, powers.revenue_exponent)) as revenue_exponent
    from powers
    cross join bands
    left join counted
        on
            powers.days_ago = counted.days_ago
            and powers.horizon_days = counted.horizon_days
            and bands.recency_band = counted.recency_band
)

select * from final
