{#-
    Grain: one row per process, covariate and level. What goes with buying often and with
    leaving soon, in front of the Python model, which can carry no contract.
-#}
with

covariates as (
    select
        cast(fits.process as varchar) as process,
        cast(fits.covariate as varchar) as covariate,
        cast(fits.level as varchar) as level,
        cast(fits.reference_level as varchar) as reference_level,
        cast(fits.n_customers as bigint) as n_customers,
        exp(fits.coefficient) as rate_ratio,
        exp(fits.ci_lower) as rate_ratio_lower,
        exp(fits.ci_upper) as rate_ratio_upper,
        fits.coefficient,
        fits.std_error,
        fits.z,
        fits.p_value,
        fits.adjusted_p_value,
        fits.log_likelihood,
        fits.log_likelihood_without,
        cast(fits.status as varchar) as status,
        cast(fits.message as varchar) as message
    from {{ ref('py_purchase_covariates') }} as fits
)

select * from covariates
