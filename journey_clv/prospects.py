"""Whether, when and for how much somebody buys who has not bought yet.

Three regressions on what is known of a prospect at an origin, z = (feature - its mean)
/ its deviation, each with a ridge penalty λ/2 Σ βⱼ²:

    will they buy within the horizon:  logit P = β₀ + δ + Σ βⱼ zⱼ
    after how many days, if they do:   log E[days | they buy] = β₀ + Σ βⱼ zⱼ
    what it and what follows bring:    log E[net revenue | they buy] = β₀ + Σ βⱼ zⱼ

The first is a logistic regression; δ moves its level to that of the latest origin that
it learns from, as far as buyers there were many. The other two are quasi-Poisson
regressions on those who bought. Standard errors are robust, and clustered by prospect,
since one appears at several origins.
"""

import numpy as np
import pandas as pd
import statsmodels.api as sm
from numpy.typing import NDArray

from journey_clv.likelihood import Floats, NotConvergedError
from journey_clv.regression import (
    ESTIMATE_TYPES,
    RidgeGlm,
    clustered_covariance,
    describe,
    fit_ridge,
    maximize_ridge,
    quasi_poisson,
    standardize,
)

AMOUNTS = ("days_until", "net_revenue")
LEVEL = "level"
# As if so many buyers had been seen that say that a feature says nothing, and that the
# level is that of all origins.
PENALTY = 30.0
LEVEL_PENALTY = 50.0
_KEYS = ["days_ago", "horizon_days"]
_OTHER_COLUMNS = {*_KEYS, "customer_key", "buys", *AMOUNTS}
_TYPES = {**ESTIMATE_TYPES, "n_prospects": "int64", "n_buyers": "int64"}


def fit_prospects(
    rows: pd.DataFrame,
    lessons: pd.DataFrame,
    *,
    min_buyers: int,
    penalty: float = PENALTY,
    level_penalty: float = LEVEL_PENALTY,
) -> pd.DataFrame:
    """Fit what is to be predicted from each origin over each horizon, on its past.

    Args:
        rows: past origins, a row per prospect: days_ago, horizon_days, customer_key,
            buys (1 or 0), and of buyers days_until and net_revenue; every other column
            is a feature, null where it is not known.
        lessons: days_ago and horizon_days of what is to be predicted, lesson_days_ago
            and trained_horizon_days of the rows to learn it from, and is_latest.
        min_buyers: with fewer buyers to learn from, or with nobody who did not buy,
            nothing is fitted.
        penalty: λ.
        level_penalty: the same of δ.

    Returns:
        A row per origin, horizon, target and feature, those that do not vary left out;
        `intercept` comes first and, of the target `buys`, `level` last. The other
        columns are those of `regression.fit_regressions`, and n_prospects and n_buyers.
        No rows where nothing could be fitted.

    Raises:
        KeyError: a column is missing.
        NotConvergedError: the search for a maximum did not end.
    """
    features = [column for column in rows.columns if column not in _OTHER_COLUMNS]
    lessons = lessons.sort_values([*_KEYS, "lesson_days_ago"])
    fitted = []
    fits: dict[tuple[tuple[int, ...], int], pd.DataFrame] = {}
    for _, own in lessons.groupby(_KEYS):
        trained_on = int(own["trained_horizon_days"].iloc[0])
        origins = tuple(own["lesson_days_ago"])
        # Longer horizons than were seen learn the same.
        if (origins, trained_on) not in fits:
            training = rows[
                (rows["horizon_days"] == trained_on) & rows["days_ago"].isin(origins)
            ].sort_values(["days_ago", "customer_key"])
            latest = own.loc[own["is_latest"], "lesson_days_ago"].iloc[0]
            fits[origins, trained_on] = (
                _fit(training, features, int(latest), penalty, level_penalty)
                if min_buyers <= training["buys"].sum() < len(training)
                else pd.DataFrame()
            )
        fit = fits[origins, trained_on]
        if not fit.empty:
            fitted.append(
                fit.assign(
                    days_ago=int(own["days_ago"].iloc[0]),
                    horizon_days=int(own["horizon_days"].iloc[0]),
                    trained_horizon_days=trained_on,
                )
            )
    if not fitted:
        return pd.DataFrame(columns=list(_TYPES)).astype(_TYPES)
    return pd.concat(fitted, ignore_index=True)[list(_TYPES)].astype(_TYPES)


def fit_logit(
    buys: Floats,
    design: Floats,
    clusters: NDArray[np.int64],
    is_latest: NDArray[np.bool_],
    penalty: float,
    level_penalty: float,
) -> tuple[Floats, Floats]:
    """Logistic regression with a ridge penalty, and the shift δ to the latest level.

    Args:
        buys: 1 or 0, shape (n,), not all the same.
        design: shape (n, k), the first column all ones.
        clusters: number of the prospect of each row, 0 to their number - 1, (n,).
        is_latest: whether the row is of the latest origin, (n,).
        penalty: λ of all columns but the first.
        level_penalty: λ of δ.

    Returns:
        The estimates and their robust standard errors, shape (k + 1,), δ last, whose
        error takes the rest as given.

    Raises:
        NotConvergedError: everybody bought or nobody, or the search did not end.
    """
    share = float(np.mean(buys))
    if not 0 < share < 1:
        raise NotConvergedError("All prospects bought, or none; a logit needs both.")
    model = RidgeGlm(buys, design, family=sm.families.Binomial())
    start = np.zeros(design.shape[1])
    start[0] = np.log(share / (1 - share))
    weights = np.full(design.shape[1], penalty)
    weights[0] = 0.0
    params, information = maximize_ridge(model, weights, start)
    covariance = clustered_covariance(model, params, information, clusters)
    level = RidgeGlm(
        buys[is_latest],
        np.ones((int(is_latest.sum()), 1)),
        family=sm.families.Binomial(),
        offset=design[is_latest] @ params,
    )
    shift, of_shift = maximize_ridge(level, np.array([level_penalty]), np.zeros(1))
    errors = [*np.sqrt(np.diag(covariance)), 1 / np.sqrt(of_shift[0, 0])]
    return np.append(params, shift), np.array(errors)


def _fit(
    training: pd.DataFrame,
    features: list[str],
    latest: int,
    penalty: float,
    level_penalty: float,
) -> pd.DataFrame:
    clusters = pd.factorize(training["customer_key"])[0].astype(np.int64)
    values = training[features].astype("float64")
    buys = training["buys"].to_numpy(np.float64)
    is_buyer = buys == 1
    design, table = standardize(values)
    is_latest = (training["days_ago"] == latest).to_numpy()
    params, errors = fit_logit(
        buys, design, clusters, is_latest, penalty, level_penalty
    )
    level = table.iloc[:1].assign(feature=LEVEL)
    table = pd.concat([table, level], ignore_index=True)
    fitted = [describe(table, params, errors).assign(target="buys")]
    buyers = training[is_buyer]
    own = pd.factorize(buyers["customer_key"])[0].astype(np.int64)
    design, table = standardize(values[is_buyer])
    for target in AMOUNTS:
        actual = buyers[target].to_numpy(np.float64)
        # In means, so that the penalty is free of the unit.
        unit = actual.mean()
        if unit <= 0:
            return pd.DataFrame()
        model = quasi_poisson(actual / unit, design, np.zeros(len(actual)))
        params, covariance = fit_ridge(model, own, penalty)
        params[0] += np.log(unit)
        errors = np.sqrt(np.diag(covariance))
        fitted.append(describe(table, params, errors).assign(target=target))
    return pd.concat(fitted, ignore_index=True).assign(
        n_rows=len(training),
        n_prospects=int(clusters.max()) + 1,
        n_buyers=int(is_buyer.sum()),
    )
