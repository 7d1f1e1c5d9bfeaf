"""Grain: one row per origin, horizon, target and feature. Fits who buys first."""

from journey_clv.frames import to_pandas
from journey_clv.prospects import fit_prospects


def model(dbt, session):
    settings = dbt.config.get("meta")
    return fit_prospects(
        to_pandas(dbt.ref("int_prospect_rows")),
        to_pandas(dbt.ref("int_prospect_lessons")),
        min_buyers=int(settings["prospect_min_buyers"]),
    )
