"""Grain: one row per process, covariate and level. Fits Pareto/NBD with covariates."""

from journey_clv.covariates import fit_covariates
from journey_clv.frames import to_pandas


def model(dbt, session):
    settings = dbt.config.get("meta")
    return fit_covariates(
        to_pandas(dbt.ref("int_covariate_histories")),
        min_customers=int(settings["fit_min_customers"]),
        min_repeat_customers=int(settings["fit_min_repeat_customers"]),
    )
