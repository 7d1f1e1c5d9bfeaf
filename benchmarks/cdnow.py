"""How near predictions come on the tenth of CDNOW that the papers fit.

39 weeks are known and 39 more are predicted: by a build that sees the tenth and nothing
else, and by the regression learned from what became of the other nine tenths. So is
every other tenth, which says how much of a figure is the luck of one.
`python -m benchmarks.cdnow` prints the rows that `run` returns.
"""

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd

from benchmarks.journey import spent
from benchmarks.rows import row
from journey_clv.importers import SAMPLES
from journey_clv.likelihood import Floats
from journey_clv.regression import BASE, INTERCEPT, fit_regressions

HORIZON_DAYS = 273
END_OF_THE_KNOWN = "1997-09-30"
# Root mean squared error at most, normalized Gini at least, total off by at most.
TARGETS_OF_THE_TENTH = {
    "orders": (1.60, 0.685, 0.06),
    "net_revenue": (72.0, 0.705, 0.06),
}
TARGETS_OF_THE_OTHERS = {
    "orders": (1.595, 0.690, 1.0),
    "net_revenue": (69.4, 0.713, 1.0),
}


def run() -> list[dict[str, Any]]:
    """Build the tenth and the whole, and compare; three minutes."""
    with tempfile.TemporaryDirectory() as folder:
        known = {"as_of": END_OF_THE_KNOWN, "clv_horizons": [91, HORIZON_DAYS]}
        tenth = built("cdnow-sample", Path(folder) / "tenth", known)
        whole = built("cdnow", Path(folder) / "whole", {"clv_horizons": [HORIZON_DAYS]})
        rows = read(whole, "intermediate.int_regression_rows").merge(ids(whole))
        predictions = read(tenth, "marts.clv_predictions").merge(ids(tenth))
    predictions = predictions[predictions["horizon_days"] == HORIZON_DAYS]
    rows = rows.sort_values("customer_id", ignore_index=True)
    is_of_tenth = rows["customer_id"].isin(predictions["customer_id"])
    came = rows[is_of_tenth].merge(
        predictions[["customer_id", "predicted_orders", "predicted_net_revenue_amount"]]
    )
    own = {
        "orders": came["predicted_orders"],
        "net_revenue": came["predicted_net_revenue_amount"],
    }
    rows = rows.drop(columns="customer_id")
    learned = learned_from_others(rows, is_of_tenth)
    return [
        *compared("the tenth alone", came, own, TARGETS_OF_THE_TENTH),
        *compared("the other nine", rows[is_of_tenth], learned, TARGETS_OF_THE_OTHERS),
        *of_every_tenth(rows, is_of_tenth),
    ]


def built(sample: str, out: Path, settings: dict[str, Any]) -> Path:
    """Import a sample, build it without tests, and return the working database."""
    SAMPLES[sample](out / "raw")
    settings |= {"clv_horizon_days": HORIZON_DAYS}
    spent(
        [
            Path(sys.executable).parent / "dbt",
            *("--quiet", "build", "--target-path", out / "target"),
            *("--exclude-resource-type", "test"),
            *("--exclude-resource-type", "unit_test"),
            *("--vars", json.dumps(settings)),
        ],
        JOURNEY_RAW=str(out / "raw"),
        JOURNEY_OUT=str(out),
    )
    return out / "journey.duckdb"


def read(database: Path, table: str) -> pd.DataFrame:
    """Return a table of a working database."""
    with duckdb.connect(database, read_only=True) as connection:
        frame: pd.DataFrame = connection.sql(f"from {table}").df()
    return frame


def ids(database: Path) -> pd.DataFrame:
    """Return customer_key and customer_id."""
    found = read(database, "intermediate.int_customer_ids_resolved")
    return found[["customer_key", "customer_id"]]


def learned_from_others(
    rows: pd.DataFrame, is_of_tenth: "pd.Series[bool]"
) -> dict[str, Floats]:
    """Predict the tenth by the regression of the others' own outcomes."""
    origins = pd.DataFrame({"days_ago": [0], "horizon_days": [HORIZON_DAYS]})
    fits = fit_regressions(rows[~is_of_tenth], origins, min_customers=1)
    tenth = rows[is_of_tenth]
    base = np.maximum(tenth["base_orders"].to_numpy(np.float64), 1e-8)
    values = tenth.assign(**{BASE: np.log(base)})
    linear = {target: np.zeros(len(tenth)) for target in ("orders", "spend")}
    for fit in fits.to_dict("records"):
        target, feature = fit["target"], fit["feature"]
        if feature == INTERCEPT:
            linear[target] += fit["coefficient"]
            continue
        value = values[feature].astype("float64")
        value = value.clip(fit["feature_min"], fit["feature_max"])
        standard = (value - fit["feature_mean"]) / fit["feature_deviation"]
        linear[target] += fit["coefficient"] * standard.fillna(0).to_numpy()
    revenue = tenth["base_net_revenue"].to_numpy(np.float64)
    return {
        "orders": base * np.exp(linear["orders"]),
        "net_revenue": revenue * np.exp(linear["orders"] + linear["spend"]),
    }


def of_every_tenth(
    rows: pd.DataFrame, is_of_tenth: "pd.Series[bool]"
) -> list[dict[str, Any]]:
    """Errors and order over all tenths, each learned from the other nine."""
    number = pd.Series(0, rows.index)
    number[~is_of_tenth] = 1 + np.arange((~is_of_tenth).sum()) % 9
    found = []
    for tenth in range(10):
        chosen = number == tenth
        predicted = learned_from_others(rows, chosen)
        found += [
            {"target": target, **measured(rows.loc[chosen, f"actual_{target}"], values)}
            for target, values in predicted.items()
        ]
    summed = pd.DataFrame(found).groupby("target")[["RMSE", "Gini"]]
    mean, deviation = summed.mean(), summed.std()
    return [
        row(
            f"{target}, {figure}, every tenth",
            *(float(mean.loc[target, figure]), None, None, ""),
            "Mean of the ten tenths, each learned from the other nine; their standard "
            f"deviation is {deviation.loc[target, figure]:.3g}.",
        )
        for target in mean.index
        for figure in mean.columns
    ]


def compared(
    learned_from: str,
    came: pd.DataFrame,
    predicted: dict[str, Any],
    targets: dict[str, tuple[float, float, float]],
) -> list[dict[str, Any]]:
    """Errors, order and totals of the predictions, a row each."""
    found = []
    for target, (rmse, gini, off) in targets.items():
        figures = measured(came[f"actual_{target}"], predicted[target])
        error, order, total = figures.values()
        what = f"of the 39 weeks to come, learned from {learned_from}"
        found += [
            row(f"{target}, RMSE, {learned_from}", error, rmse, error / rmse, "", what),
            row(f"{target}, Gini, {learned_from}", order, gini, order / gini, "", what),
            row(
                f"{target}, total, {learned_from}",
                *(total, 1.0, total, ""),
                f"{what}; target: within {off:.0%}" if off < 1 else what,
            ),
        ]
    return found


def measured(actual: Any, predicted: Any) -> dict[str, float]:
    """Root mean squared error, normalized Gini and total over what came."""
    came, expected = (np.asarray(of, dtype=np.float64) for of in (actual, predicted))
    return {
        "RMSE": float(np.sqrt(np.mean((expected - came) ** 2))),
        "Gini": normalized_gini(came, expected),
        "total": float(expected.sum() / came.sum()),
    }


def normalized_gini(actual: Floats, predicted: Floats) -> float:
    """Gini of the outcomes in the order of the predictions, over the best there is."""

    def gini(order: Floats) -> float:
        # Equal predictions share what they brought.
        shared = pd.Series(actual).groupby(order).transform("mean").to_numpy()
        sorted_ = shared[np.argsort(-order, kind="stable")]
        return float(np.cumsum(sorted_).mean() / actual.sum() - 0.5)

    return gini(predicted) / gini(actual)


if __name__ == "__main__":
    print(json.dumps(run(), indent=2))
