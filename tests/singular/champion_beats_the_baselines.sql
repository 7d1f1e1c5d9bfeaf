-- A champion that the backtests say is worse than a baseline: by more than chance, at
-- the horizon that decided, in the squared errors of the customers at all its origins;
-- of those without the season that is known by now, on the level that came.
with

champion as (
    select
        compared.model,
        compared.horizon_days
    from {{ ref('int_models_compared') }} as compared
    inner join {{ ref('int_models_selected') }} as selected
        on compared.model = selected.purchase_model
),

squared_errors as (
    select
        targets.days_ago,
        targets.target,
        targets.customer_key,
        targets.model,
        power(targets.predicted - targets.actual, 2) as squared_error
    from {{ ref('int_targets_restated') }} as targets
    inner join champion on targets.horizon_days = champion.horizon_days
),

differences as (
    select
        baselines.target,
        baselines.model as baseline,
        champions.squared_error - baselines.squared_error as difference
    from squared_errors as champions
    inner join champion on champions.model = champion.model
    inner join squared_errors as baselines
        on
            champions.days_ago = baselines.days_ago
            and champions.target = baselines.target
            and champions.customer_key = baselines.customer_key
    where baselines.model in ('zero', 'rate_persists', 'last_period_again')
),

compared as (
    select
        differences.target,
        differences.baseline,
        avg(differences.difference) as mean_difference,
        stddev_samp(differences.difference) / sqrt(count(*)) as std_error
    from differences
    group by differences.target, differences.baseline
)

select
    compared.target,
    compared.baseline,
    compared.mean_difference,
    compared.std_error
from compared
where compared.mean_difference > 3 * compared.std_error
