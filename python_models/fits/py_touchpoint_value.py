"""Grain: one row per stage and touchpoint with an exposure. Fits what it does."""

from journey_clv.effects import touchpoint_effects
from journey_clv.encouragement import with_experiments
from journey_clv.frames import to_pandas


def model(dbt, session):
    settings = dbt.config.get("meta")
    fewest = int(settings["pain_point_min_exposures"])
    effects = touchpoint_effects(
        to_pandas(dbt.ref("int_moments_valued")),
        to_pandas(dbt.ref("int_moments_touched")),
        min_exposures=fewest,
    )
    people = to_pandas(dbt.ref("int_people_randomised"))
    return with_experiments(effects, people, min_people=fewest)
