"""The regression that corrects a buy-till-you-die expectation by what else is known.

The mean of what a customer will buy is, in the logarithm, linear in the features:

    E[Y] = base · exp(β₀ + Σ βⱼ zⱼ),    zⱼ = (feature - its mean) / its deviation

where base is what the buy-till-you-die models expect. It is a quasi-Poisson regression
with the offset log base (Gourieroux, Monfort and Trognon, 1984: consistent for the
mean of any non-negative outcome, zeros and amounts of money included), with a ridge
penalty λ/2 Σ βⱼ² that draws it back to the base where the data say little; λ is learned
from them. Standard errors are robust, and clustered by customer, since one appears at
several origins.
"""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
import statsmodels.api as sm
from numpy.typing import NDArray
from scipy import sparse, stats
from statsmodels.stats.multitest import multipletests

from journey_clv.likelihood import Floats, NotConvergedError

TARGETS = ("orders", "net_revenue")
INTERCEPT, BASE = "intercept", "log_base"
# As if so many purchases had been seen that say that a feature says nothing: where the
# search for λ starts, and how far it goes.
_PENALTY = 300.0
_PENALTIES = (1.0, 1e6)
_PENALTY_TOLERANCE = 0.01
_STEPS = 100
_HALVINGS = 40
_LARGEST_LOG = 50.0
_TOLERANCE = 1e-9
_ROUNDING = 1e-12
_SMALLEST_BASE = 1e-8
# b of the canonical form: the log-likelihood is Σ y θ - b(θ).
_CUMULANTS: dict[type, Callable[[Floats], Floats]] = {
    sm.families.Poisson: np.exp,
    sm.families.Binomial: lambda linear: np.logaddexp(0.0, linear),
}
_OTHER_COLUMNS = {
    "days_ago",
    "horizon_days",
    "customer_key",
    *(f"{kind}_{target}" for kind in ("base", "actual") for target in TARGETS),
}
ESTIMATE_TYPES = {
    "days_ago": "int64",
    "horizon_days": "int64",
    "trained_horizon_days": "int64",
    "target": "str",
    "feature": "str",
    "feature_min": "float64",
    "feature_max": "float64",
    "feature_mean": "float64",
    "feature_deviation": "float64",
    "coefficient": "float64",
    "std_error": "float64",
    "ci_lower": "float64",
    "ci_upper": "float64",
    "z": "float64",
    "p_value": "float64",
    "adjusted_p_value": "float64",
    "n_rows": "int64",
}
_TYPES = {**ESTIMATE_TYPES, "penalty": "float64", "n_customers": "int64"}


class RidgeGlm(sm.GLM):  # type: ignore[misc]
    """A GLM that does not look for its rank: slow, and of no use to a ridge."""

    def initialize(self) -> None:
        """Set what statsmodels sets, but for what takes the rank."""
        self.wnobs = self.exog.shape[0]
        self.df_model = self.exog.shape[1] - 1
        self.df_resid = self.wnobs - self.exog.shape[1]


def fit_regressions(
    rows: pd.DataFrame,
    origins: pd.DataFrame,
    *,
    min_customers: int,
    penalty: float | None = None,
) -> pd.DataFrame:
    """Fit what is to be predicted from each origin over each horizon, on its past.

    An origin and horizon are trained on all earlier origins whose outcome over the
    same horizon was known by then; if there is none, on those of the longest horizon
    below it, since what is fitted is a correction of the base, whatever its length.

    Args:
        rows: past origins, a row per customer: days_ago, horizon_days, customer_key,
            base_orders and base_net_revenue, actual_orders and actual_net_revenue;
            every other column is a feature, null where it is not known.
        origins: days_ago and horizon_days of what is to be predicted; days_ago is 0
            for the as-of day.
        min_customers: with fewer customers to learn from, nothing is fitted.
        penalty: λ; learned for each fit unless it is given.

    Returns:
        A row per origin, horizon, target and feature, those that do not vary left out;
        `intercept` and `log_base` (the logarithm of the base itself) come first. With
        least and greatest value, mean and deviation, coefficient per deviation, robust
        std_error, 95 % interval, z, p_value, adjusted_p_value (Benjamini and Hochberg,
        of one fit), penalty (λ of the fit), n_rows and n_customers. No rows where
        nothing could be fitted.

    Raises:
        KeyError: a column is missing.
        NotConvergedError: the search for the maximum did not end.
    """
    features = [column for column in rows.columns if column not in _OTHER_COLUMNS]
    rows = rows.sort_values(["horizon_days", "days_ago", "customer_key"])
    fitted = []
    fits: dict[tuple[int, int], pd.DataFrame] = {}
    pairs = origins[["days_ago", "horizon_days"]].drop_duplicates()
    for days_ago, horizon in sorted(pairs.itertuples(index=False, name=None)):
        training = learned_from(rows, days_ago, horizon)
        if training["customer_key"].nunique() < max(min_customers, 1):
            continue
        trained_on = int(training["horizon_days"].max())
        # Longer horizons than were seen learn the same.
        if (days_ago, trained_on) not in fits:
            fits[days_ago, trained_on] = pd.concat(
                _fit_target(training, target, features, penalty) for target in TARGETS
            ).assign(days_ago=days_ago, trained_horizon_days=trained_on)
        fitted.append(fits[days_ago, trained_on].assign(horizon_days=horizon))
    if not fitted:
        return pd.DataFrame(columns=list(_TYPES)).astype(_TYPES)
    return pd.concat(fitted, ignore_index=True)[list(_TYPES)].astype(_TYPES)


def learned_from(rows: pd.DataFrame, days_ago: int, horizon: int) -> pd.DataFrame:
    """Those rows of past origins whose outcome was known at an origin.

    Args:
        rows: days_ago and horizon_days, and what else there is.
        days_ago: of the origin to predict from.
        horizon: days that are to be predicted.

    Returns:
        Of the rows of that horizon, or else of the longest below it, those whose
        horizon had passed by the origin; none if there are none.
    """
    known = rows["days_ago"] >= days_ago + rows["horizon_days"]
    usable = rows.loc[known & (rows["horizon_days"] <= horizon)]
    longest = usable["horizon_days"] == usable["horizon_days"].max()
    training: pd.DataFrame = usable.loc[longest]
    return training


def fit_ridge(
    actual: Floats,
    design: Floats,
    offset: Floats,
    clusters: NDArray[np.int64],
    penalty: float,
    n_free: int = 1,
) -> tuple[Floats, Floats]:
    """Quasi-Poisson regression with a ridge penalty on all but the first columns.

    Args:
        actual: Y, shape (n,); its mean must be above 0.
        design: shape (n, k), the first column all ones.
        offset: logarithm of the base, shape (n,).
        clusters: number of the customer of each row, 0 to their number - 1, (n,).
        penalty: λ of all columns but those.
        n_free: how many columns come first, that of ones among them.

    Returns:
        The estimates, shape (k,), and their covariance, shape (k, k): the sandwich
        A⁻¹ B A⁻¹ with A the penalized information and B the sum over customers of
        the outer products of their scores.

    Raises:
        NotConvergedError: nothing was bought, or the search did not end.
    """
    model = _quasi_poisson(actual, design, offset)
    params, information = _maximize(model, penalty, n_free)
    return params, clustered_covariance(model, params, information, clusters)


def learn_ridge(
    actual: Floats,
    design: Floats,
    offset: Floats,
    clusters: NDArray[np.int64],
    n_free: int = 1,
) -> float:
    """The ridge penalty that the data themselves speak for.

    Were the coefficients of all features draws from one normal distribution, φ over its
    variance would be λ, φ being by how much outcomes spread more than a Poisson's. The
    update of Wood and Fasiolo (2017),

        λ ← φ · tr(A⁻¹I) / Σ βⱼ²,    φ = tr(A⁻¹B) / tr(A⁻¹I),

    climbs the likelihood of that until it settles. I is the information, and A = I + λ,
    so that tr(A⁻¹I) is the effective number of features. B is the sum over customers of
    the outer products of their scores: one who is seen several times counts once.

    Args:
        actual: as in `fit_ridge`.
        design: as there.
        offset: as there.
        clusters: as there.
        n_free: as there.

    Returns:
        λ, from 1 to 1e6; the latter where the features say nothing. Within a hundredth
        of where the updates settle, or that of the hundredth update.

    Raises:
        NotConvergedError: as there.
    """
    model = _quasi_poisson(actual, design, offset)
    penalty, params = _PENALTY, None
    for _ in range(_STEPS):
        params, information = _maximize(model, penalty, n_free, params)
        covariance = np.linalg.inv(information) @ _scores_squared(
            model, params, clusters
        )
        signal = max(float(np.sum(params[n_free:] ** 2)), _ROUNDING)
        learned = np.clip(np.trace(covariance[n_free:, n_free:]) / signal, *_PENALTIES)
        if abs(np.log(learned / penalty)) < _PENALTY_TOLERANCE:
            break
        penalty = float(learned)
    return penalty


def _quasi_poisson(actual: Floats, design: Floats, offset: Floats) -> sm.GLM:
    if not np.sum(actual) > 0:
        raise NotConvergedError("Nobody bought anything that the fit could learn from.")
    return RidgeGlm(actual, design, family=sm.families.Poisson(), offset=offset)


def _maximize(
    model: sm.GLM, penalty: float, n_free: int, start: Floats | None = None
) -> tuple[Floats, Floats]:
    weights = np.full(model.exog.shape[1], penalty)
    weights[:n_free] = 0.0
    if start is None:
        start = np.zeros(len(weights))
        start[0] = np.log(np.sum(model.endog) / np.sum(np.exp(model.offset)))
    return maximize_ridge(model, weights, start)


def clustered_covariance(
    model: sm.GLM, params: Floats, information: Floats, clusters: NDArray[np.int64]
) -> Floats:
    """Robust covariance of estimates whose errors go together within a cluster.

    Args:
        model: with the canonical link, n observations.
        params: the estimates, shape (k,).
        information: the penalized information A at them, (k, k).
        clusters: number of the cluster of each row, 0 to their number - 1, (n,).

    Returns:
        The sandwich A⁻¹ B A⁻¹, (k, k), with B the sum over clusters of the outer
        products of their scores.
    """
    inverse = np.linalg.inv(information)
    return np.asarray(inverse @ _scores_squared(model, params, clusters) @ inverse)


def _scores_squared(
    model: sm.GLM, params: Floats, clusters: NDArray[np.int64]
) -> Floats:
    """B: the sum over clusters of the outer products of their scores, (k, k)."""
    members = sparse.csr_array(
        (model.score_factor(params), (clusters, np.arange(len(clusters))))
    )
    by_cluster = members @ model.exog
    return np.asarray(by_cluster.T @ by_cluster)


def maximize_ridge(
    model: sm.GLM, penalties: Floats, start: Floats
) -> tuple[Floats, Floats]:
    """Maximum of a quasi-likelihood with a ridge penalty on some coefficients.

    Args:
        model: with the canonical link, Poisson or binomial; it may have an offset. The
            outcomes of a Poisson model need be neither whole nor above 0.
        penalties: λ of each coefficient, shape (k,).
        start: coefficients to start from, (k,).

    Returns:
        The estimates, shape (k,), and the penalized information at them, shape (k, k).

    Raises:
        NotConvergedError: the search did not end.
    """
    actual, design = model.endog, model.exog
    offset = 0.0 if model.offset is None else model.offset
    cumulant = _CUMULANTS[type(model.family)]

    def objective(params: Floats) -> float:
        linear = design @ params + offset
        if linear.max() > _LARGEST_LOG:
            return -np.inf
        value = np.sum(actual * linear - cumulant(linear))
        return float(value - 0.5 * np.sum(penalties * params**2))

    params = start
    reached = objective(params)
    for _ in range(_STEPS):
        scores = model.score_factor(params)
        information = _gram(design, model.hessian_factor(params, observed=False))
        information += np.diag(penalties)
        gradient = design.T @ scores - penalties * params
        step = np.linalg.solve(information, gradient)
        if np.abs(step).max() < _TOLERANCE:
            return params, information
        # The objective is concave: Newton steps, halved until they climb, find the top.
        # Near it they climb by less than what rounding takes.
        for _ in range(_HALVINGS):
            if objective(params + step) >= reached - _ROUNDING * abs(reached):
                break
            step = step / 2
        params = params + step
        reached = objective(params)
    raise NotConvergedError(f"The regression did not settle in {_STEPS} steps.")


def _fit_target(
    training: pd.DataFrame,
    target: str,
    features: Sequence[str],
    penalty: float | None,
) -> pd.DataFrame:
    base = np.maximum(training[f"base_{target}"].to_numpy(np.float64), _SMALLEST_BASE)
    values = training[list(features)].astype("float64")
    values.insert(0, BASE, np.log(base))
    design, table = standardize(values)
    clusters = pd.factorize(training["customer_key"])[0].astype(np.int64)
    actual = training[f"actual_{target}"].to_numpy(np.float64)
    # In purchases of the mean worth, so that the penalty is free of the currency.
    unit = actual.sum() / training["actual_orders"].sum()
    data = (actual / unit, design, np.log(base / unit), clusters)
    if penalty is None:
        penalty = learn_ridge(*data)
    params, covariance = fit_ridge(*data, penalty)
    return describe(table, params, np.sqrt(np.diag(covariance))).assign(
        target=target,
        penalty=penalty,
        n_rows=len(training),
        n_customers=clusters.max() + 1,
    )


def standardize(values: pd.DataFrame) -> tuple[Floats, pd.DataFrame]:
    """Design of a regression, and how to make it of the features.

    Args:
        values: a column per feature, null where it is not known.

    Returns:
        The design: ones, then each feature that varies, less its mean and over its
        deviation, 0 where it is not known; and for each of its columns `feature`, and
        its `feature_min`, `feature_max`, `feature_mean` and `feature_deviation`.
    """
    mean, deviation = values.mean(), values.std(ddof=0)
    varying = list(values.columns[deviation > 1e-9])
    mean, deviation = mean[varying], deviation[varying]
    standard = ((values[varying] - mean) / deviation).fillna(0.0).to_numpy()
    table = pd.DataFrame(
        {
            "feature": [INTERCEPT, *varying],
            "feature_min": [0.0, *values[varying].min()],
            "feature_max": [0.0, *values[varying].max()],
            "feature_mean": [0.0, *mean],
            "feature_deviation": [1.0, *deviation],
        }
    )
    return np.column_stack([np.ones(len(standard)), standard]), table


def describe(table: pd.DataFrame, params: Floats, errors: Floats) -> pd.DataFrame:
    """Estimates beside what they belong to, with 95 % intervals and p-values."""
    z = params / errors
    p_values = 2 * stats.norm.sf(np.abs(z))
    half = stats.norm.ppf(0.975) * errors
    return table.assign(
        coefficient=params,
        std_error=errors,
        ci_lower=params - half,
        ci_upper=params + half,
        z=z,
        p_value=p_values,
        adjusted_p_value=multipletests(p_values, method="fdr_bh")[1],
    )


def _gram(design: Floats, weights: Floats) -> Floats:
    """X'WX, of weights that are not negative."""
    weighted = design * np.sqrt(weights)[:, None]
    return np.asarray(weighted.T @ weighted)
