"""Grain: one row per stage and touchpoint with an exposure. Fits what it does."""

from journey_clv.effects import touchpoint_effects
from journey_clv.frames import to_pandas


def model(dbt, session):
    settings = dbt.config.get("meta")
    return touchpoint_effects(
        to_pandas(dbt.ref("int_moments_valued")),
        to_pandas(dbt.ref("int_moments_touched")),
        min_exposures=int(settings["pain_point_min_exposures"]),
    )
