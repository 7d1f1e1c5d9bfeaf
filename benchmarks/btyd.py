"""BG/NBD on a million customers by day, against `lifetimes` on the same customers.

`python -m benchmarks.btyd --out FILE.json` writes the rows that `run` returns.
"""

import argparse
import json
import multiprocessing
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
from lifetimes import BetaGeoFitter

from benchmarks.rows import row
from journey_clv.btyd import BgNbd
from journey_clv.fits import predict_orders

N_CUSTOMERS = 1_000_000
HORIZON_DAYS = 365
# Days; CDNOW's estimates, rounded. r, α, a, b.
TRUE = (0.25, 31.0, 0.8, 2.4)
# The youngest and the oldest customer, in days, and the target for the speed-up.
COHORTS = {
    "12-week cohort": (190, 273, 50),
    "two-year staggered": (1, 730, 10),
}


def purchases(
    n_customers: int, youngest: int, oldest: int, seed: int = 1
) -> pd.DataFrame:
    """BG/NBD customers' days with a purchase, since the first, day 0, up to day T.

    Columns are customer, day and T; a day may come twice.
    """
    rng = np.random.default_rng(seed)
    r, alpha, a, b = TRUE
    rate = rng.gamma(r, 1 / alpha, n_customers)
    exit_chance = rng.beta(a, b, n_customers)
    T = rng.integers(youngest, oldest + 1, n_customers)
    now = np.zeros(n_customers)
    active = np.arange(n_customers)
    customers, days = [active], [np.zeros(n_customers, dtype=np.int64)]
    while len(active):
        now[active] += rng.exponential(1 / rate[active])
        active = active[now[active] < T[active]]
        customers.append(active)
        days.append(np.ceil(now[active]).astype(np.int64))
        active = active[rng.random(len(active)) >= exit_chance[active]]
    customer = np.concatenate(customers)
    return pd.DataFrame(
        {"customer": customer, "day": np.concatenate(days), "T": T[customer]}
    )


def simulate(youngest: int, oldest: int, seed: int = 1) -> pd.DataFrame:
    """BG/NBD customers, x repeat purchase days, t_x and T in whole days."""
    bought = purchases(N_CUSTOMERS, youngest, oldest, seed).drop_duplicates()
    by_customer = bought.groupby("customer")
    return pd.DataFrame(
        {
            "x": by_customer.size() - 1,
            "t_x": by_customer["day"].max(),
            "T": by_customer["T"].first(),
        }
    )


def ours(customers: pd.DataFrame) -> tuple[Any, pd.DataFrame]:
    """Collapse, fit, predict, and bring the predictions back to each customer."""
    with duckdb.connect() as database:
        database.register("customers", customers)
        histories = database.sql(
            "select x, t_x, T, count(*) as n_customers from customers group by all"
        ).df()
        histories = histories.sort_values(["x", "t_x", "T"])
        columns = (histories[name] for name in ("x", "t_x", "T", "n_customers"))
        result = BgNbd(*columns).fit()
        parameters = pd.DataFrame(
            {
                "model": "bg_nbd",
                "parameter": BgNbd.names,
                "estimate": result.params,
                "status": "fitted",
            }
        )
        predictions = predict_orders(
            histories, parameters, "bg_nbd", [HORIZON_DAYS], 0.0
        )
        database.register("predictions", predictions)
        scored = database.sql(
            "select x, t_x, T, p_alive, expected_orders"
            " from customers inner join predictions using (x, t_x, T)"
        ).df()
    return result, scored


def theirs(customers: pd.DataFrame) -> tuple[Any, pd.DataFrame]:
    """Fit and score the same customers with `lifetimes`."""
    x, t_x, T = (customers[name].to_numpy() for name in ("x", "t_x", "T"))
    fitter = BetaGeoFitter().fit(x, t_x, T)
    scored = customers.assign(
        p_alive=fitter.conditional_probability_alive(x, t_x, T),
        expected_orders=fitter.predict(HORIZON_DAYS, x, t_x, T),
    )
    return fitter, scored


def timed(task: Callable[[], Any]) -> tuple[float, Any]:
    start = time.perf_counter()
    result = task()
    return time.perf_counter() - start, result


def _simulate_file(path: Path, youngest: int, oldest: int) -> None:
    simulate(youngest, oldest).to_parquet(path)


def _score_file(path: Path, sender: Any) -> None:
    ours(pd.read_parquet(path))
    sender.send(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def peak_memory_mb(youngest: int, oldest: int) -> float:
    """Peak resident memory of a fresh process that reads the customers and scores.

    Linux hands a parent's peak on to its children, so call this from a process that
    has held no customers yet: they are simulated in a child of their own.
    """
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "customers.parquet"
        tasks = (
            (_simulate_file, (path, youngest, oldest)),
            (_score_file, (path, sender)),
        )
        for target, arguments in tasks:
            child = context.Process(target=target, args=arguments)
            child.start()
            child.join()
            if child.exitcode:
                raise RuntimeError(f"{target.__name__} ended with {child.exitcode}.")
    return float(receiver.recv())


def _cohort_rows(
    cohort: str, youngest: int, oldest: int, target: int, memory: float
) -> list[dict[str, Any]]:
    customers = simulate(youngest, oldest)
    runs = [timed(lambda: ours(customers)) for _ in range(5)]
    seconds = float(np.median([run[0] for run in runs]))
    result, scored = runs[0][1]
    their_seconds, (fitter, their_scored) = timed(lambda: theirs(customers))

    their_params = fitter.params_.to_numpy()
    gap = float(np.abs(result.params / their_params - 1).max())
    # Both points under one likelihood, so that a difference is one of parameters.
    log_likelihoods = [result.model.loglike(p) for p in (result.params, their_params)]
    assert len(scored) == len(their_scored) == N_CUSTOMERS
    sums = scored["expected_orders"].sum(), their_scored["expected_orders"].sum()
    return [
        row(
            f"BG/NBD fit and score, {cohort}",
            seconds,
            their_seconds,
            their_seconds / seconds,
            "s",
            f"Wall time to fit {N_CUSTOMERS:,} customers by day and to give each "
            f"E[Y({HORIZON_DAYS} d)] and P(alive), from one frame of customers; "
            f"ours with collapsing and joining back, median of five, against "
            f"lifetimes' BetaGeoFitter, once (target: {target} times faster).",
        ),
        row(
            f"BG/NBD parameters, {cohort}",
            gap,
            None,
            None,
            "relative",
            "Largest relative difference of r, alpha, a and b from lifetimes' optimum, "
            "at its default tolerance (target: 1e-5).",
        ),
        row(
            f"BG/NBD log-likelihood, {cohort}",
            log_likelihoods[0],
            log_likelihoods[1],
            None,
            "nats",
            "Log-likelihood of all customers at our estimates and at lifetimes': "
            "higher is better.",
        ),
        row(
            f"BG/NBD total of E[Y({HORIZON_DAYS} d)], {cohort}",
            float(sums[0]),
            float(sums[1]),
            float(sums[1] / sums[0]),
            "orders",
            "Sum over all customers of the orders expected, each library with its own "
            "estimates.",
        ),
        row(
            f"BG/NBD peak memory, {cohort}",
            memory,
            None,
            None,
            "MB",
            "Peak resident memory of a fresh process that reads the customers from "
            "Parquet, fits and scores with ours (target: below 1,000).",
        ),
    ]


def run() -> list[dict[str, Any]]:
    """Measure both cohorts; minutes, nearly all of them in `lifetimes`."""
    peaks = [peak_memory_mb(*ages[:2]) for ages in COHORTS.values()]
    rows = []
    for (cohort, ages), peak in zip(COHORTS.items(), peaks, strict=True):
        rows += _cohort_rows(cohort, *ages, peak)
    return rows


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="JSON file to write")
    arguments = parser.parse_args()
    arguments.out.write_text(json.dumps(run(), indent=2) + "\n")
