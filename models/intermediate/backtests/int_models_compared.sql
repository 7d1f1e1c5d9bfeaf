{#-
    Grain: one row per model that could score the customers. Its error at the past
    origins of the horizon that decides, relative to that of the shrunk rate: the
    geometric mean of the ratios of root mean squared errors, of purchase days and of
    net revenue, so that neither unit counts for more. At an origin without the season
    that is known by now, on the level that came.
-#}
with

fits as (
    select
        parameters.model,
        max(parameters.log_likelihood) as log_likelihood
    from {{ ref('btyd_parameters') }} as parameters
    where
        parameters.status = 'fitted'
        and parameters.model in ('bg_nbd', 'mbg_nbd', 'pareto_nbd')
    group by parameters.model
),

candidates as (
    select
        fits.model,
        fits.log_likelihood
    from fits
    union all
    select
        'btyd_average' as model,
        cast(null as double) as log_likelihood
    from fits
    having count(*) > 1
    union all
    select
        'btyd_dormant' as model,
        cast(null as double) as log_likelihood
    from {{ ref('py_dormant_shares') }} as shares
    where shares.days_ago = 0
    having max(shares.dormant_share) > 0
    union all
    select
        'regression' as model,
        cast(null as double) as log_likelihood
    from {{ ref('py_clv_coefficients') }} as coefficients
    where coefficients.days_ago = 0
    having count(*) > 0
    union all
    select
        'shrunk_rate' as model,
        cast(null as double) as log_likelihood
),

-- Rounded before they are summed: sums of doubles depend on the order of the threads.
measured as (
    select
        targets.horizon_days,
        targets.days_ago,
        targets.model,
        targets.target,
        sqrt(
            cast(sum(cast(
                power(targets.predicted - targets.actual, 2) as decimal(34, 8)
            )) as double) / count(*)
        ) as rmse
    from {{ ref('int_targets_restated') }} as targets
    inner join candidates on targets.model = candidates.model
    group by
        targets.horizon_days, targets.days_ago, targets.model, targets.target
),

errors as (
    select
        measured.horizon_days,
        measured.days_ago,
        measured.model,
        sum(cast(ln(greatest(measured.rmse, 1e-9)) as decimal(28, 12))) / 2 as log_error
    from measured
    group by measured.horizon_days, measured.days_ago, measured.model
),

-- The shrunk rate can be had at every origin, so that models that were tested at
-- different ones can be compared.
relative_errors as (
    select
        errors.horizon_days,
        errors.days_ago,
        errors.model,
        errors.log_error - yardsticks.log_error as log_error
    from errors
    inner join errors as yardsticks
        on
            errors.horizon_days = yardsticks.horizon_days
            and errors.days_ago = yardsticks.days_ago
            and yardsticks.model = 'shrunk_rate'
),

-- The headline horizon; untested, the longest below it, or else the next above it; and
-- the half of the history where no other was tested.
deciding as (
    select
        relative_errors.horizon_days,
        row_number() over (
            order by
                case
                    when
                        relative_errors.horizon_days
                        in ({{ var('clv_horizons') | join(', ') }})
                        then 0
                    else 1
                end,
                case
                    when relative_errors.horizon_days <= {{ var('clv_horizon_days') }}
                        then 0
                    else 1
                end,
                abs(relative_errors.horizon_days - {{ var('clv_horizon_days') }})
        ) as preference
    from relative_errors
    group by relative_errors.horizon_days
    having count(distinct relative_errors.model) > 1
),

compared as (
    select
        relative_errors.model,
        relative_errors.horizon_days,
        count(*) as n_origins,
        cast(sum(relative_errors.log_error) as double) / count(*) as log_error
    from relative_errors
    inner join deciding
        on
            relative_errors.horizon_days = deciding.horizon_days
            and deciding.preference = 1
    group by relative_errors.model, relative_errors.horizon_days
),

final as (
    select
        candidates.model,
        candidates.log_likelihood,
        compared.horizon_days,
        coalesce(compared.n_origins, 0) as n_origins,
        exp(compared.log_error) as relative_error
    from candidates
    left join compared on candidates.model = compared.model
)

select * from final
