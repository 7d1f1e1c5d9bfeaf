-- A model of prospects that the backtests say is worse than the base rate: by more than
-- chance in log loss, at a horizon at which a hundred prospects bought.
with

differences as (
    select
        tested.horizon_days,
        tested.buys,
        tested.log_loss - baselines.log_loss as difference
    from {{ ref('int_prospects_tested') }} as tested
    inner join {{ ref('int_prospect_models_selected') }} as selected
        on tested.model = selected.model
    inner join {{ ref('int_prospects_tested') }} as baselines
        on
            baselines.model = 'base_rate'
            and tested.days_ago = baselines.days_ago
            and tested.horizon_days = baselines.horizon_days
            and tested.customer_key = baselines.customer_key
),

compared as (
    select
        differences.horizon_days,
        sum(differences.buys) as n_buyers,
        avg(differences.difference) as mean_difference,
        stddev_samp(differences.difference) / sqrt(count(*)) as std_error
    from differences
    group by differences.horizon_days
)

select
    compared.horizon_days,
    compared.n_buyers,
    compared.mean_difference,
    compared.std_error
from compared
where compared.n_buyers >= 100 and compared.mean_difference > 3 * compared.std_error
