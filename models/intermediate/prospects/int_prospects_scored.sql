{#-
    Grain: one row per prospect and horizon: what the model that scores expects of them
    after the as-of day, and their rank among all by their chance to buy.
-#}
with

-- Over a horizon with too few buyers for the regression, how lately they came scores.
chosen as (
    select
        all_scores.horizon_days,
        case
            when max(case when all_scores.model = selected.model then 1 else 0 end) = 1
                then max(selected.model)
            else 'recency_rate'
        end as model
    from {{ ref('int_prospect_scores') }} as all_scores
    cross join {{ ref('int_prospect_models_selected') }} as selected
    where all_scores.days_ago = 0
    group by all_scores.horizon_days
),

scored as (
    select
        all_scores.customer_key,
        all_scores.horizon_days,
        all_scores.model,
        all_scores.trained_horizon_days,
        all_scores.days_until,
        all_scores.purchase_probability as own_probability,
        rank() over (
            partition by all_scores.horizon_days
            order by all_scores.purchase_probability
        ) as predicted_rank,
        count(*) over (partition by all_scores.horizon_days) as n_prospects,
        -- Who buys within a horizon buys within each longer one.
        max(all_scores.purchase_probability) over longer as purchase_probability,
        max(all_scores.net_revenue) over longer as net_revenue
    from {{ ref('int_prospect_scores') }} as all_scores
    inner join chosen
        on
            all_scores.horizon_days = chosen.horizon_days
            and all_scores.model = chosen.model
    where all_scores.days_ago = 0
    window longer as (
        partition by all_scores.customer_key
        order by all_scores.horizon_days
        rows between unbounded preceding and current row
    )
)

select * from scored
