"""How right the purchase models are in simulated worlds, whose future is known.

In `buy_till_you_die`, which is exactly what the models describe, intervals must cover
and totals must agree. In the other presets the world has seasons, causes and dirt, and
the bias that this leaves is reported, not tested.
"""

import dataclasses
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.rows import row
from journey_clv.fits import MODELS, fit_parameters, predict_orders
from journey_clv.seasons import learn_seasons
from journey_clv.simulate.plan import DAY_MS, Plan
from journey_clv.simulate.scenario import load_scenario, presets
from journey_clv.simulate.world import World

MATCHING = "buy_till_you_die"
CUSTOMERS, MONTHS, HORIZON_DAYS, WAVES = 4000, 24, 365, 3
COVERAGE_SEEDS = 40


def live(scenario_name: str, seed: int, months: int = MONTHS) -> World:
    """Live a world in memory up to a year after its last month."""
    scenario = load_scenario(scenario_name)
    truth = dataclasses.replace(scenario.truth, horizons_days=[HORIZON_DAYS])
    plan = Plan(dataclasses.replace(scenario, truth=truth), CUSTOMERS, months, seed)
    world = World(plan, 0, plan.base_days)
    world.run()
    return world


def histories(world: World) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return x, t_x and T as the marts have them, for each who had bought.

    Beside them what happened: the days bought on in the year after; and the season,
    without which the times are.
    """
    orders = world.log.table("orders")
    stands = ~orders["is_cancelled"]
    days = pd.DataFrame(
        {
            "person": orders["person"][stands],
            "day": (orders["ms"][stands] - world.plan.ms(0)) // DAY_MS,
        }
    ).drop_duplicates()
    end = world.plan.base_days
    seen = days[days["day"] < end].groupby("person")["day"].agg(["min", "max", "size"])
    after = days[(days["day"] >= end) & (days["day"] < end + HORIZON_DAYS)]
    season = _season(world.plan, days[days["day"] < end], seen["min"])
    clock = season.set_index("days_ahead")["operational_day"]
    first, last = (
        clock.loc[seen[day] - (end - 1)].to_numpy() for day in ("min", "max")
    )
    x = seen["size"] - 1
    t_x = np.where(x > 0, np.maximum(np.round(last - first), 1), 0)
    customers = pd.DataFrame(
        {
            "x": x,
            "t_x": t_x.astype(int),
            "T": np.maximum(np.round(-first), t_x).astype(int),
            "n_customers": 1,
            "happened": after.groupby("person").size().reindex(seen.index).fillna(0),
        }
    )
    return customers, season


def _season(plan: Plan, days: pd.DataFrame, first: pd.Series) -> pd.DataFrame:
    """Learn the season from days with a purchase, as the marts do."""
    origin = plan.base_days - 1
    came = days["person"].map(first)
    weeks = pd.DataFrame(
        {
            "days_ago": 0,
            "cohort_weeks_ago": (origin - came) // 7,
            "weeks_ago": (origin - days["day"]) // 7,
            "n_first_purchases": (days["day"] == came).astype(int),
            "n_repeat_purchases": (days["day"] > came).astype(int),
        }
    )
    date = pd.Timestamp(plan.date(origin))
    return learn_seasons(
        weeks,
        pd.DataFrame({"days_ago": [0], "origin_date": [date]}),
        days_ahead=HORIZON_DAYS,
        n_waves=WAVES,
        min_repeat_purchases=1,
    )


def fit(customers: pd.DataFrame) -> pd.DataFrame:
    """Fit the purchase models; spend is not looked at."""
    spends = pd.DataFrame(columns=["model", "x", "mean_spend", "n_customers"])
    return fit_parameters(customers, spends, min_customers=1, min_repeat_customers=1)


def predicted_to_happened(
    customers: pd.DataFrame, fits: pd.DataFrame, season: pd.DataFrame
) -> float | None:
    """Total predicted by the most likely model, as a ratio to what happened.

    None where no model was fitted, and the marts would fall back to `shrunk_rate`.
    """
    fitted = fits[(fits["status"] == "fitted") & fits["model"].isin(MODELS)]
    if fitted.empty:
        return None
    best = str(fitted.sort_values("log_likelihood")["model"].iloc[-1])
    predictions = predict_orders(customers, fits, best, [HORIZON_DAYS], 0.0, season)
    scored = customers.merge(predictions, on=["x", "t_x", "T"])
    return float(scored["expected_orders"].sum() / scored["happened"].sum())


def run() -> list[dict[str, Any]]:
    """Live every preset on three seeds, and the matching one on forty."""
    rows = []
    for name in presets():
        ratios = []
        for seed in range(1, 4):
            customers, season = histories(live(name, seed))
            ratio = predicted_to_happened(customers, fit(customers), season)
            ratios += [] if ratio is None else [ratio]
        rows.append(
            row(
                f"orders predicted / happened, {name}",
                float(np.mean(ratios)),
                1.0,
                float(np.mean(ratios)),
                "",
                f"Purchase days predicted over {HORIZON_DAYS} days by the most likely "
                f"model, as a ratio to those that the simulated world then had; mean "
                f"of those of three seeds of {CUSTOMERS:,} people where one could be "
                "fitted, each: " + ", ".join(f"{ratio:.3f}" for ratio in ratios) + ".",
            )
        )
    rows.append(_coverage())
    return rows


def _coverage() -> dict[str, Any]:
    people = load_scenario(MATCHING).people
    truth = {
        "r": people.purchase_shape,
        "alpha": people.purchase_scale_days,
        "s": people.dropout_shape,
        "beta": people.dropout_scale_days,
    }
    covered = []
    for seed in range(101, 101 + COVERAGE_SEEDS):
        fits = fit(histories(live(MATCHING, seed, months=12))[0])
        fits = fits[fits["model"] == "pareto_nbd"].set_index("parameter")
        covered += [
            bool(fits.ci_lower[name] < value < fits.ci_upper[name])
            for name, value in truth.items()
        ]
    share = float(np.mean(covered))
    return row(
        "Pareto/NBD 95 % intervals that cover",
        share,
        0.95,
        share / 0.95,
        "share",
        f"Share of the intervals of four parameters that hold the true value, over "
        f"{COVERAGE_SEEDS} simulated worlds of {CUSTOMERS:,} people, by day.",
    )
