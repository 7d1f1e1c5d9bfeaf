{#-
    Grain: one row per model and parameter, and horizon where it has one. The fits as of
    the build, in front of the Python models, which can carry no contract.
-#}
with

fits as (
    select * from {{ ref('py_btyd_parameters') }}
    where days_ago = 0
),

parameters as (
    select
        cast(fits.model as varchar) as model,
        cast(fits.parameter as varchar) as parameter,
        cast(null as integer) as horizon_days,
        cast(fits.estimate as double) as estimate,
        cast(fits.std_error as double) as std_error,
        cast(fits.ci_lower as double) as estimate_lower,
        cast(fits.ci_upper as double) as estimate_upper,
        cast(fits.log_likelihood as double) as log_likelihood,
        cast(fits.aic as double) as aic,
        cast(fits.bic as double) as bic,
        cast(fits.n_customers as bigint) as n_customers,
        cast(fits.n_histories as bigint) as n_histories,
        cast(fits.status as varchar) as status,
        cast(fits.message as varchar) as message
    from fits
),

dormant_shares as (
    select
        'btyd_dormant' as model,
        'dormant_share' as parameter,
        cast(shares.horizon_days as integer) as horizon_days,
        case when shares.status = 'fitted' then shares.dormant_share end as estimate,
        cast(shares.std_error as double) as std_error,
        cast(shares.ci_lower as double) as estimate_lower,
        cast(shares.ci_upper as double) as estimate_upper,
        cast(null as double) as log_likelihood,
        cast(null as double) as aic,
        cast(null as double) as bic,
        cast(shares.n_customers as bigint) as n_customers,
        cast(shares.n_histories as bigint) as n_histories,
        cast(shares.status as varchar) as status,
        cast(shares.message as varchar) as message
    from {{ ref('py_dormant_shares') }} as shares
    where shares.days_ago = 0
),

calibrations as (
    {% for parameter, error in {
        'calibration_intercept': 'cast(null as double)',
        'calibration_slope': 'calibrations.slope_std_error',
    }.items() -%}
    select
        cast(calibrations.model as varchar) as model,
        '{{ parameter }}' as parameter,
        cast(null as integer) as horizon_days,
        calibrations.{{ parameter | replace('calibration_', '') }} as estimate,
        {{ error }} as std_error,
        calibrations.{{ parameter | replace('calibration_', '') }}
        - 1.959963984540054 * {{ error }} as estimate_lower,
        calibrations.{{ parameter | replace('calibration_', '') }}
        + 1.959963984540054 * {{ error }} as estimate_upper,
        cast(null as double) as log_likelihood,
        cast(null as double) as aic,
        cast(null as double) as bic,
        cast(calibrations.n_customers as bigint) as n_customers,
        cast(null as bigint) as n_histories,
        'fitted' as status,
        '' as message
    from {{ ref('py_spend_calibrations') }} as calibrations
    where calibrations.days_ago = 0
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

final as (
    select * from parameters
    union all
    select * from dormant_shares
    union all
    select * from calibrations
)

select * from final
