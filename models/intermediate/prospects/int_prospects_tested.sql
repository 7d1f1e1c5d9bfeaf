{#-
    Grain: one row per past origin, horizon, model and prospect: what was predicted and
    what came, and the rank of the prediction among all, equal ones at the middle of
    theirs, and doubled to be whole numbers.
-#}
with

tested as (
    select
        scores.days_ago,
        scores.horizon_days,
        scores.model,
        scores.customer_key,
        scores.purchase_probability,
        scores.days_until as predicted_days_until,
        scores.net_revenue as predicted_net_revenue,
        outcomes.buys,
        outcomes.days_until,
        outcomes.net_revenue_amount,
        -- Half a chance in a million at least, that nothing is impossible.
        case
            when outcomes.buys = 1
                then -ln(greatest(scores.purchase_probability, 0.0000005))
            else -ln(greatest(1 - scores.purchase_probability, 0.0000005))
        end as log_loss
    from {{ ref('int_prospect_scores') }} as scores
    inner join {{ ref('int_prospect_outcomes') }} as outcomes
        on
            scores.days_ago = outcomes.days_ago
            and scores.horizon_days = outcomes.horizon_days
            and scores.customer_key = outcomes.customer_key
),

ranked as (
    select
        tested.*,
        count(*) over (
            partition by tested.days_ago, tested.horizon_days, tested.model
        ) as n_prospects,
        rank() over (
            partition by tested.days_ago, tested.horizon_days, tested.model
            order by tested.purchase_probability
        ) as predicted_rank
    from tested
),

final as (
    select
        ranked.*,
        2 * ranked.predicted_rank + count(*) over (
            partition by
                ranked.days_ago,
                ranked.horizon_days,
                ranked.model,
                ranked.predicted_rank
        ) - 1 as doubled_rank,
        -- As RFM scores are made: how many tenths are strictly below.
        cast(
            1 + floor(10.0 * (ranked.predicted_rank - 1) / ranked.n_prospects)
            as integer
        ) as decile
    from ranked
)

select * from final
