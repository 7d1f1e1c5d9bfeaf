{#-
    Grain: one row. Which model scores the prospects: the one that `prospect_model`
    names; else the one whose log loss of a prospect was furthest below that of the base
    rate, at the past origins and horizons at which it was tested; without a backtest
    the rate by how lately they came.
-#}
with

candidates as (
    select
        scores.model,
        max(case when scores.days_ago = 0 then 1 else 0 end) as can_score
    from {{ ref('int_prospect_scores') }} as scores
    group by scores.model
),

-- Rounded before it is summed: sums of doubles depend on the order of the threads.
differences as (
    select
        tested.model,
        cast(
            sum(cast(tested.log_loss - baselines.log_loss as decimal(28, 12)))
            as double
        ) / count(*) as log_loss_difference
    from {{ ref('int_prospects_tested') }} as tested
    inner join {{ ref('int_prospects_tested') }} as baselines
        on
            baselines.model = 'base_rate'
            and tested.days_ago = baselines.days_ago
            and tested.horizon_days = baselines.horizon_days
            and tested.customer_key = baselines.customer_key
    group by tested.model
),

ranked as (
    select
        candidates.model,
        row_number() over (
            order by
                case when differences.model is null then 1 else 0 end asc,
                differences.log_loss_difference asc,
                case when candidates.model = 'recency_rate' then 0 else 1 end asc,
                candidates.model asc
        ) as preference
    from candidates
    left join differences on candidates.model = differences.model
    where
        candidates.can_score = 1
        and '{{ var('prospect_model') }}' in ('auto', candidates.model)
),

selected as (
    select
        coalesce(
            max(case when ranked.preference = 1 then ranked.model end), 'recency_rate'
        ) as model
    from ranked
)

select * from selected
