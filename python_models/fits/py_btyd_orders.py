"""Grain: one row per origin, model, purchases, age and horizon: what the alive buy."""

import pandas as pd

from journey_clv.fits import orders_at_origins
from journey_clv.frames import to_pandas


def model(dbt, session):
    settings = dbt.config.get("meta")
    origins = to_pandas(dbt.ref("int_prediction_origins"))
    lifetime = {"days_ago": 0, "horizon_days": int(settings["lifetime_days"])}
    return orders_at_origins(
        pd.concat([origins, pd.DataFrame([lifetime])]),
        to_pandas(dbt.ref("int_purchase_histories")),
        to_pandas(dbt.ref("py_btyd_parameters")),
        annual_discount_rate=float(settings["discount_rate"]),
        seasons=to_pandas(dbt.ref("int_operational_days")),
    )
