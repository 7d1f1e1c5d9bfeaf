"""How many of those who seem to have stopped only pause.

A buy-till-you-die model holds a customer who has been silent for long for gone for
good. Some come back. Let a share ε of those who are held for gone be only dormant, and
buy like the others who are alive:

    P'(alive) = P + ε (1 - P),    E'[Y] = (1 - ε) E[Y] + ε E[Y | alive].

It mixes the two kinds of customers of Jackson (1985): the lost-for-good, whom the
models know, and the always-a-share, who buy elsewhere for a while. ε maximizes the
Poisson quasi-likelihood of what came after past origins (Gourieroux, Monfort and
Trognon, 1984), which is concave in ε; its standard error is robust.
"""

import numpy as np
import pandas as pd
from scipy import optimize, stats

from journey_clv.likelihood import Floats
from journey_clv.regression import learned_from

_SMALLEST = 1e-12
_TYPES = {
    "days_ago": "int64",
    "horizon_days": "int64",
    "trained_horizon_days": "int64",
    "dormant_share": "float64",
    "std_error": "float64",
    "ci_lower": "float64",
    "ci_upper": "float64",
    "n_customers": "int64",
    "n_histories": "int64",
    "status": "str",
    "message": "str",
}


def fit_dormant_shares(
    rows: pd.DataFrame, origins: pd.DataFrame, *, min_customers: int
) -> pd.DataFrame:
    """Learn ε for each origin and horizon from the origins before it.

    Args:
        rows: past origins, a row per purchase history: days_ago, horizon_days,
            expected_orders and orders_if_alive (E[Y] and E[Y | alive] of a customer),
            n_customers, actual_orders (their sum) and sum_of_squared_orders.
        origins: days_ago and horizon_days of what is to be predicted.
        min_customers: with fewer customers to learn from, ε is 0.

    Returns:
        A row per origin and horizon: trained_horizon_days, dormant_share, std_error and
        the ends of the 95 % interval (null at the ends of what a share can be),
        n_customers, n_histories, status (`fitted` or `too_little_data`) and message.

    Raises:
        KeyError: a column is missing.
    """
    rows = rows.sort_values(["horizon_days", "days_ago", "x", "t_x", "T"])
    pairs = origins[["days_ago", "horizon_days"]].drop_duplicates()
    fitted = []
    for days_ago, horizon in sorted(pairs.itertuples(index=False, name=None)):
        training = learned_from(rows, days_ago, horizon)
        customers = int(training["n_customers"].sum())
        share, error, lack = 0.0, np.nan, ""
        if customers < max(min_customers, 1):
            lack = f"Only {customers} customers to learn from, {min_customers} needed."
        else:
            share, error = dormant_share(
                *(
                    training[column].to_numpy(np.float64)
                    for column in (
                        "expected_orders",
                        "orders_if_alive",
                        "n_customers",
                        "actual_orders",
                        "sum_of_squared_orders",
                    )
                )
            )
        half = stats.norm.ppf(0.975) * error
        fitted.append(
            {
                "days_ago": days_ago,
                "horizon_days": horizon,
                "trained_horizon_days": (
                    0 if lack else int(training["horizon_days"].max())
                ),
                "dormant_share": share,
                "std_error": error,
                "ci_lower": max(share - half, 0.0) if error > 0 else np.nan,
                "ci_upper": min(share + half, 1.0) if error > 0 else np.nan,
                "n_customers": customers,
                "n_histories": len(training),
                "status": "too_little_data" if lack else "fitted",
                "message": lack,
            }
        )
    return pd.DataFrame(fitted, columns=list(_TYPES)).astype(_TYPES)


def dormant_share(
    expected: Floats,
    if_alive: Floats,
    customers: Floats,
    orders: Floats,
    squares: Floats,
) -> tuple[float, float]:
    """Maximum of the quasi-likelihood of ε, and its robust standard error.

    Args:
        expected: E[Y] of a customer of the group, shape (n,).
        if_alive: E[Y | alive], not below `expected`, (n,).
        customers: how many there are, (n,).
        orders: sum of what they bought, (n,).
        squares: sum of the squares of what each bought, (n,).

    Returns:
        ε from 0 to 1, and its standard error, A⁻¹ B A⁻¹ rooted, with A the information
        and B the sum over customers of the squares of their scores; NaN at 0 and 1,
        and where nobody could be dormant.
    """
    extra = if_alive - expected

    def mean(share: float) -> Floats:
        return np.maximum(expected + share * extra, _SMALLEST)

    def score(share: float) -> float:
        return float(np.sum(extra * (orders / mean(share) - customers)))

    # Concave, so the score falls: at most one root.
    if not score(0.0) > 0:
        return 0.0, np.nan
    if score(1.0) >= 0:
        return 1.0, np.nan
    share = float(optimize.brentq(score, 0.0, 1.0, xtol=1e-10))
    middle = mean(share)
    information = np.sum(extra**2 * orders / middle**2)
    scores = extra**2 * (squares / middle**2 - 2 * orders / middle + customers)
    return share, float(np.sqrt(np.sum(scores)) / information)
