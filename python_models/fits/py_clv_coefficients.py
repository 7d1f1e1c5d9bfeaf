"""Grain: one row per origin, horizon, target and feature. Fits the regression."""

from journey_clv.frames import to_pandas
from journey_clv.regression import fit_regressions


def model(dbt, session):
    settings = dbt.config.get("meta")
    return fit_regressions(
        to_pandas(dbt.ref("int_regression_rows")),
        to_pandas(dbt.ref("int_prediction_origins")),
        min_customers=int(settings["fit_min_customers"]),
    )
