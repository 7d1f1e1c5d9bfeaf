{#-
    Grain: one row per past origin, horizon, model, target, kind of segment and segment:
    how near the predictions came. Ranks are among all customers, so what is made of
    them is given for all only.
-#}
{%- set kinds = ['all', 'purchases', 'predicted_tier'] -%}
with

customers as (
    select
        targets.*,
        case when intervals.is_in_80 then 1 when not intervals.is_in_80 then 0 end
            as in_80,
        case when intervals.is_in_95 then 1 when not intervals.is_in_95 then 0 end
            as in_95,
        intervals.expected_share_80,
        intervals.expected_share_95,
        'all' as segment_all,
        case
            when targets.x = 0 then '1'
            when targets.x = 1 then '2'
            when targets.x < 5 then '3 to 5'
            else '6 or more'
        end as segment_purchases,
        {{ predicted_tier('targets.predicted_rank', 'targets.n_customers') }}
            as segment_predicted_tier
    from {{ ref('int_backtest_targets') }} as targets
    left join {{ ref('int_backtest_intervals') }} as intervals
        on
            targets.days_ago = intervals.days_ago
            and targets.horizon_days = intervals.horizon_days
            and targets.model = intervals.model
            and targets.target = intervals.target
            and targets.customer_key = intervals.customer_key
),

segmented as (
    {% for kind in kinds -%}
    select
        customers.*,
        '{{ kind }}' as segment_kind,
        customers.segment_{{ kind }} as segment
    from customers
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

-- Sums of decimals are the same on any number of threads; sums of doubles are not.
summed as (
    select
        segmented.days_ago,
        segmented.horizon_days,
        segmented.model,
        segmented.target,
        segmented.segment_kind,
        segmented.segment,
        cast(count(*) as double) as n,
        cast(sum(cast(segmented.predicted as decimal(28, 8))) as double) as predicted,
        cast(sum(segmented.actual) as double) as actual,
        cast(sum(cast(
            abs(segmented.predicted - cast(segmented.actual as double))
            as decimal(28, 8)
        )) as double) as absolute_error,
        cast(sum(cast(
            power(segmented.predicted - cast(segmented.actual as double), 2)
            as decimal(34, 8)
        )) as double) as squared_error,
        avg(segmented.in_80) as coverage_80,
        avg(segmented.in_95) as coverage_95,
        cast(avg(cast(segmented.expected_share_80 as decimal(18, 12))) as double)
            as expected_coverage_80,
        cast(avg(cast(segmented.expected_share_95 as decimal(18, 12))) as double)
            as expected_coverage_95,
        cast(sum(segmented.doubled_predicted_rank * segmented.actual) as double)
            as actual_by_prediction,
        cast(sum(segmented.doubled_actual_rank * segmented.actual) as double)
            as actual_by_actual,
        cast(sum(
            segmented.doubled_predicted_rank * segmented.doubled_actual_rank
        ) as double) as rank_product,
        cast(sum(power(segmented.doubled_predicted_rank, 2)) as double)
            as predicted_rank_square,
        cast(sum(power(segmented.doubled_actual_rank, 2)) as double)
            as actual_rank_square,
        cast(sum(
            case when segmented.decile = 10 then segmented.actual end
        ) as double) as actual_of_top_decile
    from segmented
    group by
        segmented.days_ago,
        segmented.horizon_days,
        segmented.model,
        segmented.target,
        segmented.segment_kind,
        segmented.segment
),

-- The mean of n doubled ranks is n + 1.
measured as (
    select
        summed.days_ago,
        summed.horizon_days,
        summed.model,
        summed.target,
        summed.segment_kind,
        summed.segment,
        cast(summed.n as bigint) as n_customers,
        summed.predicted,
        summed.actual,
        summed.predicted / nullif(summed.actual, 0) - 1 as bias_rate,
        summed.absolute_error / summed.n as mae,
        sqrt(summed.squared_error / summed.n) as rmse,
        case
            when summed.segment_kind = 'all'
                then
                    (summed.rank_product / summed.n - power(summed.n + 1, 2)) / nullif(
                        sqrt(
                            summed.predicted_rank_square / summed.n
                            - power(summed.n + 1, 2)
                        ) * sqrt(
                            summed.actual_rank_square / summed.n
                            - power(summed.n + 1, 2)
                        ), 0
                    )
        end as spearman,
        case
            when summed.segment_kind = 'all'
                then
                    (summed.actual_by_prediction - (summed.n + 1) * summed.actual)
                    / nullif(
                        summed.actual_by_actual - (summed.n + 1) * summed.actual, 0
                    )
        end as normalized_gini,
        case
            when summed.segment_kind = 'all'
                then summed.actual_of_top_decile / nullif(summed.actual, 0)
        end as top_decile_share,
        summed.coverage_80,
        summed.coverage_95,
        summed.expected_coverage_80,
        summed.expected_coverage_95
    from summed
)

select * from measured
