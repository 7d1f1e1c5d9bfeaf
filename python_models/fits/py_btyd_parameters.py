"""Grain: one row per origin, model and parameter. Fits purchases and spend."""

from journey_clv.fits import fit_origins
from journey_clv.frames import to_pandas


def model(dbt, session):
    settings = dbt.config.get("meta")
    histories = to_pandas(dbt.ref("int_purchase_histories"))
    return fit_origins(
        to_pandas(dbt.ref("int_prediction_origins")),
        histories.assign(n_customers=histories["n_fitted"]),
        to_pandas(dbt.ref("int_spend_histories")),
        min_customers=int(settings["fit_min_customers"]),
        min_repeat_customers=int(settings["fit_min_repeat_customers"]),
    )
