"""Grain: one row per origin and day, past and ahead. Learns when customers buy."""

from journey_clv.frames import to_pandas
from journey_clv.seasons import learn_seasons


def model(dbt, session):
    settings = dbt.config.get("meta")
    return learn_seasons(
        to_pandas(dbt.ref("int_purchase_weeks")),
        to_pandas(dbt.ref("int_prediction_origins")),
        days_ahead=int(settings["days_ahead"]),
        n_waves=int(settings["season_waves"]),
        min_repeat_purchases=int(settings["fit_min_repeat_customers"]),
    )
