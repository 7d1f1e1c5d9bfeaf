{#-
    Grain: one row per model and parameter. The fits as of the build, in front of the
    Python model, which can carry no contract.
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
)

select * from parameters
