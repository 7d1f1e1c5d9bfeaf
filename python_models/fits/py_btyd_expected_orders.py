"""Grain: one row per day of age: what the selected model expects of a new customer."""

from journey_clv.fits import expected_orders_by_age
from journey_clv.frames import to_pandas


def model(dbt, session):
    selected = to_pandas(dbt.ref("int_models_selected"))
    histories = to_pandas(dbt.ref("int_purchase_histories"))
    histories = histories[histories["days_ago"] == 0]
    return expected_orders_by_age(
        to_pandas(dbt.ref("btyd_parameters")),
        model=str(selected["purchase_model"].iloc[0]),
        max_age_days=int(histories["T"].max()) if len(histories) else 0,
    )
