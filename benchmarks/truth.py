"""How near predictions come to what can be known at all, in a simulated world.

From the as-of day the simulator lives the same people on many times, each time with
other luck. The mean of these futures is what an oracle expects who knows everybody's
rates, tastes and whether they have left; its error is the chance that nobody predicts.

`python -m benchmarks.truth --out FILE.json` writes the rows that `run` returns.
"""

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd

from benchmarks.journey import Builds
from benchmarks.rows import row
from journey_clv.simulate import facts
from journey_clv.simulate.draws import Floats
from journey_clv.simulate.plan import DAY_MS, Plan
from journey_clv.simulate.run import simulate
from journey_clv.simulate.scenario import load_scenario
from journey_clv.simulate.truth import person_ids
from journey_clv.simulate.world import World

# A world of one chunk, so that one process holds everybody.
CUSTOMERS, MONTHS, SEEDS = 5_000, 24, (1, 2, 3)
HORIZONS_DAYS = (90, 365)
N_FUTURES = 100
TARGETS = ("orders", "net_revenue")
NOMINAL = (80, 95)


def came(world: World, day: int) -> Floats:
    """Days with a purchase, and net revenue, of everybody in the time from a day.

    Shape (horizons, 2, people); refunds of these purchases are taken off.
    """
    orders = world.log.table("orders")
    amounts = facts.order_amounts(world, orders, facts.order_lines(world, orders))
    refunds = facts.refunds(world, orders, amounts)
    n, from_ms = len(world.people), world.plan.ms(day)
    net = (amounts["goods"] - amounts["discount"]) * amounts["rate"] / 100
    back = refunds["goods"] * amounts["rate"][refunds["order"]] / 100
    result = np.zeros((len(HORIZONS_DAYS), len(TARGETS), n))
    for number, horizon in enumerate(HORIZONS_DAYS):
        until = from_ms + horizon * DAY_MS
        ahead = (orders["ms"] >= from_ms) & (orders["ms"] < until)
        ahead &= ~orders["is_cancelled"]
        days = pd.DataFrame(
            {
                "person": orders["person"][ahead],
                "day": orders["ms"][ahead] // DAY_MS,
            }
        ).drop_duplicates()
        given = ahead[refunds["order"]] & (refunds["ms"] < until)
        result[number, 0] = np.bincount(days["person"], minlength=n)
        result[number, 1] = np.bincount(
            orders["person"][ahead], weights=net[ahead], minlength=n
        ) - np.bincount(
            orders["person"][refunds["order"][given]],
            weights=back[given],
            minlength=n,
        )
    return result


def known_and_happened(plan: Plan) -> pd.DataFrame:
    """Return what an oracle expects of each person and what came.

    A row per person, horizon and target: expected, happened.
    """
    day = plan.base_days
    world = World(plan, 0, day)
    for past in range(day):
        world.live(past)
    expected = np.zeros((len(HORIZONS_DAYS), len(TARGETS), len(world.people)))
    for number in range(N_FUTURES):
        other = world.with_another_future(day, plan.seed + 1 + number)
        for ahead in range(day, day + max(HORIZONS_DAYS)):
            other.live(ahead)
        expected += came(other, day) / N_FUTURES
    for ahead in range(day, day + max(HORIZONS_DAYS)):
        world.live(ahead)
    happened = came(world, day)
    ids = person_ids(world, np.arange(len(world.people))).to_pylist()
    return pd.concat(
        pd.DataFrame(
            {
                "person_id": ids,
                "horizon_days": horizon,
                "target": target,
                "known": expected[i, j],
                "happened": happened[i, j],
            }
        )
        for i, horizon in enumerate(HORIZONS_DAYS)
        for j, target in enumerate(TARGETS)
    )


# Who is one person in the truth and one in the build: of the others it cannot be said
# whose future a prediction is.
MATCHED = """
with pairs as (
    select distinct identities.person_id, resolved.customer_key
    from '{truth}/identities/*.parquet' as identities
    inner join intermediate.int_customer_ids_resolved as resolved
        on identities.identifier = resolved.customer_id
    where identities.kind = 'customer_id' and identities.erased_at is null
),

matched as (
    select min(person_id) as person_id, customer_key
    from pairs
    group by customer_key
    having
        count(*) = 1
        and min(person_id) in (
            select person_id from pairs group by person_id having count(*) = 1
        )
)

select matched.person_id, predictions.*
from marts.clv_predictions as predictions
inner join matched using (customer_key)
"""


def predicted(folder: Path, plan: Plan) -> tuple[pd.DataFrame, int]:
    """Simulate and build; return predictions of matched people, and of how many."""
    simulate(plan, folder)
    builds = Builds(folder / "raw", folder / "out")
    settings = {"clv_horizons": [*HORIZONS_DAYS], "clv_horizon_days": HORIZONS_DAYS[-1]}
    builds.dbt("run", "--vars", json.dumps(settings))
    with duckdb.connect(builds.out / "journey.duckdb", read_only=True) as database:
        found = database.sql(MATCHED.format(truth=folder / "truth")).df()
        ((n_customers,),) = database.sql(
            "select count(*) from marts.clv_customers"
        ).fetchall()
    return found, int(n_customers)


COLUMNS = {
    "orders": ("predicted_orders", "predicted_orders_{}_{}"),
    "net_revenue": (
        "predicted_net_revenue_amount",
        "predicted_net_revenue_{}_{}_amount",
    ),
}


def scored_world(seed: int) -> tuple[pd.DataFrame, int]:
    """Predict one world; a row per matched customer, horizon and target.

    Returns:
        Columns model, predicted, known, happened, and for each nominal coverage in per
        cent whether the interval holds what happened; and how many customers there are.
    """
    plan = Plan(load_scenario("shop"), CUSTOMERS, MONTHS, seed)
    with tempfile.TemporaryDirectory() as folder:
        predictions, n_customers = predicted(Path(folder), plan)
    scored = known_and_happened(plan).merge(
        predictions, on=["person_id", "horizon_days"]
    )
    scored = scored.rename(columns={"purchase_model": "model"})
    parts = []
    for target, own in scored.groupby("target"):
        mean, interval = COLUMNS[str(target)]
        own = own.assign(predicted=own[mean].astype(float))
        for nominal in NOMINAL:
            own[nominal] = own["happened"].between(
                own[interval.format("lower", nominal)].astype(float),
                own[interval.format("upper", nominal)].astype(float),
            )
        parts.append(own)
    return pd.concat(parts), n_customers


def run() -> list[dict[str, Any]]:
    """Measure the worlds; some minutes."""
    worlds, counts = zip(*map(scored_world, SEEDS), strict=True)
    rows = []
    for (horizon, target), own in pd.concat(worlds).groupby(["horizon_days", "target"]):
        happened = own["happened"]
        # The mean of so many futures is off by chance too.
        chance = _rmse(own["known"], happened) / np.sqrt(1 + 1 / N_FUTURES)
        ours = _rmse(own["predicted"], happened)
        nobody = _rmse(np.full(len(own), happened.mean()), happened)
        explained = (nobody**2 - ours**2) / (nobody**2 - chance**2)
        # Where more than 80 % of the like brought nothing, no interval holds fewer.
        twentieths = (20 * own["predicted"].rank(pct=True)).astype(int)
        nothing = (happened == 0).groupby(twentieths).transform("mean")
        covered = [
            f"{own[nominal].mean():.1%} (where "
            f"{nothing.clip(lower=nominal / 100).mean():.1%} is the least)"
            for nominal in NOMINAL
        ]
        rows.append(
            row(
                f"error against chance, {target}, {horizon} days",
                ours,
                chance,
                ours / chance,
                "RMSE",
                f"Predictions of {' and '.join(sorted(set(own['model'])))} against an "
                f"oracle's, who knows each person's rates and whether they have left: "
                f"the mean of {N_FUTURES} futures of the same people. Of "
                f"{len(own):,} customers of {len(SEEDS)} shops who are one person, of "
                f"{sum(counts):,}. All alike would be off by {nobody:.3f}; of the "
                f"difference to the oracle, in squares, {explained:.0%} are explained. "
                f"Total {own['predicted'].sum() / happened.sum() - 1:+.1%}, the "
                f"oracle's {own['known'].sum() / happened.sum() - 1:+.1%}; intervals "
                f"of 80 and 95 % cover {' and '.join(covered)}.",
            )
        )
    return rows


def _rmse(predicted_values: Any, happened: Any) -> float:
    errors = np.asarray(predicted_values, dtype=float) - np.asarray(happened)
    return float(np.sqrt(np.mean(errors**2)))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, help="JSON file to write")
    arguments = parser.parse_args()
    text = json.dumps(run(), indent=2) + "\n"
    if arguments.out:
        arguments.out.write_text(text)
    else:
        print(text)
