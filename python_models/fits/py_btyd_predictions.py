"""Grain: one row per purchase history and horizon, under the selected model."""

from journey_clv.fits import predict_orders
from journey_clv.frames import to_pandas


def model(dbt, session):
    settings = dbt.config.get("meta")
    selected = to_pandas(dbt.ref("int_models_selected"))
    return predict_orders(
        to_pandas(dbt.ref("int_purchase_histories")),
        to_pandas(dbt.ref("btyd_parameters")),
        model=str(selected["purchase_model"].iloc[0]),
        horizons_days=[int(days) for days in settings["clv_horizons"]],
        annual_discount_rate=float(settings["discount_rate"]),
    )
