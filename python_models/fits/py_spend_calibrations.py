"""Grain: one row per origin and spend model. Learns how far to trust the latter."""

from journey_clv.frames import to_pandas
from journey_clv.spend import fit_calibrations


def model(dbt, session):
    settings = dbt.config.get("meta")
    return fit_calibrations(
        to_pandas(dbt.ref("int_spends_foretold")),
        min_customers=int(settings["fit_min_repeat_customers"]),
    )
