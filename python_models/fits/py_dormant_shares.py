"""Grain: one row per origin and horizon. Learns how many who seem gone only pause."""

from journey_clv.dormancy import fit_dormant_shares
from journey_clv.frames import to_pandas


def model(dbt, session):
    settings = dbt.config.get("meta")
    return fit_dormant_shares(
        to_pandas(dbt.ref("int_histories_continued")),
        to_pandas(dbt.ref("int_prediction_origins")),
        min_customers=int(settings["fit_min_customers"]),
    )
