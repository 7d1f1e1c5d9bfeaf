-- Models and origins of which a prediction is missing.
with

fitted as (
    select
        parameters.days_ago,
        cast(parameters.model as varchar) as model
    from {{ ref('py_btyd_parameters') }} as parameters
    where
        parameters.status = 'fitted'
        and parameters.model not in ('gamma_gamma', 'gamma_gamma_first')
    group by parameters.days_ago, parameters.model
),

models as (
    select * from fitted
    union all
    select
        fitted.days_ago,
        averages.model
    from fitted
    cross join (
        select 'btyd_average' as model
        union all
        select 'btyd_dormant' as model
    ) as averages
    group by fitted.days_ago, averages.model
    {%- for model in ['shrunk_rate', 'rate_persists', 'last_period_again', 'zero'] %}
    union all
    select
        origins.days_ago,
        '{{ model }}' as model
    from {{ ref('int_prediction_origins') }} as origins
    group by origins.days_ago
    {%- endfor %}
),

expected as (
    select
        outcomes.days_ago,
        outcomes.horizon_days,
        models.model,
        count(*) as n_customers
    from {{ ref('int_backtest_outcomes') }} as outcomes
    inner join models on outcomes.days_ago = models.days_ago
    group by outcomes.days_ago, outcomes.horizon_days, models.model
),

found as (
    select
        predictions.days_ago,
        predictions.horizon_days,
        predictions.model,
        count(*) as n_customers
    from {{ ref('int_backtest_predictions') }} as predictions
    group by predictions.days_ago, predictions.horizon_days, predictions.model
)

select
    expected.days_ago,
    expected.horizon_days,
    expected.model,
    expected.n_customers,
    found.n_customers as n_found
from expected
left join found
    on
        expected.days_ago = found.days_ago
        and expected.horizon_days = found.horizon_days
        and expected.model = found.model
where expected.n_customers is distinct from found.n_customers
