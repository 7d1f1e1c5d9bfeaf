"""Grain: one row per k that was tried. Fits how regularly customers buy."""

from journey_clv.frames import to_pandas
from journey_clv.regularity import describe_regularity


def model(dbt, session):
    settings = dbt.config.get("meta")
    return describe_regularity(
        to_pandas(dbt.ref("int_gap_histories")),
        min_customers=int(settings["fit_min_customers"]),
        min_repeat_customers=int(settings["fit_min_repeat_customers"]),
    )
