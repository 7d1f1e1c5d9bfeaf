{#-
    Grain: one row per past origin, horizon, model, target and customer, where intervals
    could be made one horizon earlier: whether they held what came, and how many of the
    like should be in theirs: 80 and 95 %, or where more than that brought nothing, so
    that no interval holds fewer, these.
-#}
with

covered as (
    select
        targets.days_ago,
        targets.horizon_days,
        targets.model,
        targets.target,
        targets.customer_key,
        bounds.bin,
        case when targets.actual = 0 then 1 else 0 end as brought_nothing,
        cast(targets.actual as double) between
        targets.predicted * bounds.lower_ratio_80
        and targets.predicted * bounds.upper_ratio_80 as is_in_80,
        cast(targets.actual as double) between
        targets.predicted * bounds.lower_ratio_95
        and targets.predicted * bounds.upper_ratio_95 as is_in_95
    from {{ ref('int_backtest_targets') }} as targets
    inner join {{ ref('int_interval_bounds') }} as bounds
        on
            targets.days_ago + targets.horizon_days = bounds.days_ago
            and targets.horizon_days = bounds.horizon_days
            and targets.model = bounds.model
            and targets.target = bounds.target
            and targets.predicted >= bounds.predicted_from
            and targets.predicted < coalesce(bounds.predicted_below, 1e300)
),

compared as (
    select
        covered.*,
        avg(covered.brought_nothing) over (
            partition by
                covered.days_ago,
                covered.horizon_days,
                covered.model,
                covered.target,
                covered.bin
        ) as nothing_share
    from covered
),

final as (
    select
        compared.days_ago,
        compared.horizon_days,
        compared.model,
        compared.target,
        compared.customer_key,
        compared.is_in_80,
        compared.is_in_95,
        greatest(0.8, compared.nothing_share) as expected_share_80,
        greatest(0.95, compared.nothing_share) as expected_share_95
    from compared
)

select * from final
