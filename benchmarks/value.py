"""What scores cost when the contacts are already reduced, and against a notebook.

At a hundred thousand and at a million customers: features, fits, backtests and scores,
in seconds of CPU, and how long the fits take. Then the same orders in a notebook
of pandas and `lifetimes`.

`python -m benchmarks.value --out FILE.json` writes the rows that `run` returns.
"""

import argparse
import json
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd

from benchmarks.btyd import HORIZON_DAYS, purchases
from benchmarks.journey import Builds, Cost, spent, start_up
from benchmarks.rows import row

CUSTOMERS = (100_000, 1_000_000)
DAYS = 730
END = datetime(2026, 1, 1, tzinfo=UTC)
# Gamma-Gamma spends: CDNOW's estimates, rounded. p, q, γ.
SPEND = (6.25, 3.75, 15.4)
# Contacts of a customer, of the 20 that they have with their orders, on average.
VISITS, PAGES_OF_VISIT, MESSAGES = 4, 3.2, 5
EVENT_NAMES = ("page_view", "view_item", "view_item", "add_to_cart", "begin_checkout")
MESSAGE_NAMES = ("sent", "sent", "opened", "clicked")
TARGETS = {"cpu": 60, "memory_gb": 6.0, "python": 1.2, "notebook": 20}

# What grows with contacts is reduced before the clock starts.
REDUCED = ("+config.materialized:incremental",)
SCORES = ("--select", "+clv_predictions", "+clv_prospects", "--exclude", *REDUCED)
# What tells how far off predictions were, and so which model scores.
PROOFS = (
    "int_backtest_predictions",
    "int_backtest_regressions",
    "int_backtest_targets",
    "int_backtests_measured",
    "int_backtest_intervals",
    "int_interval_bounds",
    "int_models_compared",
    "int_models_selected",
)


def write_world(raw: Path, n_customers: int, seed: int = 1) -> None:
    """Write orders, visits and messages of customers.

    They buy as BG/NBD says and spend as Gamma-Gamma says, came over two years, visit
    the site and get mail at any time.
    """
    raw.mkdir(parents=True)
    rng = np.random.default_rng(seed)
    bought = purchases(n_customers, 1, DAYS, seed)
    p, q, gamma = SPEND
    rate = rng.gamma(q, 1 / gamma, n_customers)
    # Days are counted back from the end, so that everybody is seen up to it.
    orders = pd.DataFrame(
        {
            "customer": bought["customer"],
            "day": DAYS - bought["T"] + bought["day"],
            "amount": rng.gamma(p, 1 / rate[bought["customer"]]).round(2) + 0.01,
        }
    )
    first = DAYS - bought.groupby("customer")["T"].first().to_numpy()
    with duckdb.connect() as database:
        database.register("drawn", orders)
        start = (END - timedelta(days=DAYS + 1)).isoformat()
        database.execute(
            f"copy (select 'o' || row_number() over () as order_id, "
            f"'c' || customer as customer_id, timestamptz '{start}' "
            f"+ to_seconds(86400 * day + 43200) as ordered_at, amount from drawn) "
            f"to '{raw}/orders.parquet'"
        )
        visits = _times(rng, first, VISITS)
        pages = visits.loc[
            np.repeat(visits.index, 1 + rng.poisson(PAGES_OF_VISIT - 1, len(visits)))
        ].reset_index(drop=True)
        pages["second"] += rng.integers(0, 900, len(pages))
        messages = _times(rng, first, MESSAGES)
        for table, contacts, names in (
            ("web_events", pages, EVENT_NAMES),
            ("messages", messages, MESSAGE_NAMES),
        ):
            contacts["name"] = rng.integers(1, len(names) + 1, len(contacts))
            database.register("contacts", contacts)
            database.execute(
                f"copy (select 'e' || row_number() over () as event_id, "
                f"timestamptz '{start}' + to_seconds(second) as occurred_at, "
                f"'c' || customer as customer_id, 'a' || customer as anonymous_id, "
                f"{list(names)}[name] as event_name from contacts) "
                f"to '{raw}/{table}.parquet'"
            )


def _times(rng: np.random.Generator, first: Any, mean: float) -> pd.DataFrame:
    """Draw seconds at which each customer is met, from their first day to the end."""
    customer = np.repeat(np.arange(len(first)), rng.poisson(mean, len(first)))
    share = rng.random(len(customer))
    day = first[customer] + share * (DAYS + 1 - first[customer])
    return pd.DataFrame(
        {"customer": customer, "second": (86400 * day).astype(np.int64)}
    )


def measure(
    folder: Path, n_customers: int
) -> tuple[Cost, Cost, dict[str, float], float]:
    """Score customers and prospects, of what is reduced.

    Returns:
        What that cost, and without backtests, the seconds of each model, and those that
        the fits take when nothing else runs.
    """
    raw = folder / "raw"
    write_world(raw, n_customers)
    builds = Builds(raw, folder / "out")
    builds.dbt("run", "--select", *REDUCED)
    cost = builds.dbt("run", *SCORES)
    busy = builds.busy()
    unproved = builds.dbt("run", *SCORES, *PROOFS)
    fits = [model for model in busy if model.startswith("py_")]
    builds.dbt("run", "--threads", "1", "--select", *fits)
    return cost, unproved, busy, sum(builds.busy().values())


# A notebook of pandas and lifetimes, on the same orders


def notebook(orders_file: Path) -> pd.DataFrame:
    """Do RFM, BG/NBD and Gamma-Gamma as the guides of `lifetimes` do."""
    from lifetimes import BetaGeoFitter, GammaGammaFitter
    from lifetimes.utils import summary_data_from_transaction_data

    orders = pd.read_parquet(orders_file)
    orders["ordered_at"] = orders["ordered_at"].dt.tz_localize(None)
    end = orders["ordered_at"].max()
    by_customer = orders.groupby("customer_id")
    rfm = pd.DataFrame(
        {
            "recency": (end - by_customer["ordered_at"].max()).dt.days,
            "frequency": by_customer.size(),
            "monetary": by_customer["amount"].sum(),
        }
    )
    rfm["recency"] *= -1
    scores = rfm.rank(method="first").apply(pd.qcut, q=5, labels=False)
    summary = summary_data_from_transaction_data(
        orders, "customer_id", "ordered_at", "amount", observation_period_end=end
    )
    histories = summary["frequency"], summary["recency"], summary["T"]
    purchases_fit = BetaGeoFitter().fit(*histories)
    came_back = summary[(summary["frequency"] > 0) & (summary["monetary_value"] > 0)]
    # Without a penalty it seldom converges, and says to add one.
    spend_fit = GammaGammaFitter(penalizer_coef=0.001).fit(
        came_back["frequency"], came_back["monetary_value"]
    )
    spend = spend_fit.conditional_expected_average_profit(
        summary["frequency"], summary["monetary_value"]
    )
    result: pd.DataFrame = summary.join(scores.add_suffix("_score")).assign(
        p_alive=purchases_fit.conditional_probability_alive(*histories),
        expected_amount=purchases_fit.predict(HORIZON_DAYS, *histories) * spend,
    )
    return result


def against_notebook(folder: Path, orders_file: Path) -> tuple[Cost, Cost]:
    """Run the same work: ours from raw orders to marts, theirs to a frame."""
    raw = folder / "raw"
    raw.mkdir(parents=True)
    (raw / "orders.parquet").hardlink_to(orders_file)
    builds = Builds(raw, folder / "out")
    select = ("--select", "+rfm_scores", "+clv_predictions")
    # A notebook proves nothing by backtests.
    settings = {"backtest_origins": 0, "clv_horizons": [HORIZON_DAYS]}
    ours = builds.dbt("run", *select, "--vars", json.dumps(settings))
    theirs = spent(
        [sys.executable, "-m", "benchmarks.value", "--notebook", orders_file]
    )
    return ours, theirs


def run(customers: tuple[int, ...] = CUSTOMERS) -> list[dict[str, Any]]:
    """Measure both sizes, in folders that are removed at the end; many minutes.

    Raises:
        RuntimeError: a build failed.
    """
    rows, fits = [], []
    with tempfile.TemporaryDirectory() as name:
        idle = start_up(Path(name) / "no rows", *SCORES)
    for n_customers in customers:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            cost, unproved, busy, fit_seconds = measure(folder / "all", n_customers)
            fits.append(fit_seconds)
            slowest = sorted(busy.items(), key=lambda item: -item[1])[:8]
            listed = ", ".join(f"{model} {seconds:.1f} s" for model, seconds in slowest)
            scale = f"{n_customers:,} customers"
            rows += [
                row(
                    f"features, fits and scores of {scale}, CPU",
                    unproved.cpu,
                    None,
                    None,
                    "s",
                    f"User and system time of `dbt run` of them, of customers and "
                    f"prospects, 20 interactions each already reduced to people and "
                    f"days (target for a million: {TARGETS['cpu']}).",
                ),
                row(
                    f"scores of {scale}, with backtests, CPU",
                    cost.cpu,
                    None,
                    None,
                    "s",
                    f"The same with backtests, {idle.cpu:.1f} s of it for the same "
                    f"models without a row; {cost.wall:.1f} s of wall time. The "
                    f"slowest: {listed}.",
                ),
                row(
                    f"scores of {scale}, peak memory",
                    cost.peak_gb,
                    None,
                    None,
                    "GB",
                    f"Of the same (target: below {TARGETS['memory_gb']:g}).",
                ),
            ]
            ours, theirs = against_notebook(
                folder / "orders", folder / "all" / "raw" / "orders.parquet"
            )
            rows.append(
                row(
                    f"RFM, purchases and spend of {scale}",
                    ours.wall,
                    theirs.wall,
                    theirs.wall / ours.wall,
                    "s",
                    f"`dbt run` from raw orders to rfm_scores and clv_predictions, "
                    f"three purchase models in it, no backtests, against a notebook "
                    f"of pandas and lifetimes: RFM, BG/NBD, Gamma-Gamma (target at a "
                    f"million: {TARGETS['notebook']} times faster). CPU "
                    f"{ours.cpu:.1f} s against {theirs.cpu:.1f} s, peak memory "
                    f"{ours.peak_gb:.1f} GB against {theirs.peak_gb:.1f} GB.",
                )
            )
    rows.append(
        row(
            "Python's share of scores",
            fits[-1],
            fits[0],
            fits[-1] / fits[0],
            "s",
            f"The Python models at {customers[-1]:,} customers and at "
            f"{customers[0]:,}, one after the other (target: a ratio of at most "
            f"{TARGETS['python']}).",
        )
    )
    return rows


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, help="JSON file to write")
    parser.add_argument("--customers", type=int, nargs="+", default=CUSTOMERS)
    parser.add_argument("--notebook", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.notebook:
        notebook(arguments.notebook)
    else:
        text = json.dumps(run(tuple(arguments.customers)), indent=2) + "\n"
        if arguments.out:
            arguments.out.write_text(text)
        else:
            print(text)
