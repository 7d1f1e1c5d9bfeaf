"""Grain: one row per origin, model and purchase history: whether it goes on."""

from journey_clv.fits import alive_at_origins
from journey_clv.frames import to_pandas


def model(dbt, session):
    return alive_at_origins(
        to_pandas(dbt.ref("int_prediction_origins")),
        to_pandas(dbt.ref("int_purchase_histories")),
        to_pandas(dbt.ref("py_btyd_parameters")),
    )
