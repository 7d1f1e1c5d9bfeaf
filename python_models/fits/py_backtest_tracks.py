"""Grain: one row per latest origin of a horizon, model and week ahead of it."""

from journey_clv.fits import track_origins
from journey_clv.frames import to_pandas


def model(dbt, session):
    return track_origins(
        to_pandas(dbt.ref("int_prediction_origins")),
        to_pandas(dbt.ref("int_purchase_histories")),
        to_pandas(dbt.ref("py_btyd_parameters")),
        to_pandas(dbt.ref("int_operational_days")),
    )
