"""The regression that corrects a buy-till-you-die expectation by what else is known.

In two parts, how often they will buy and what each purchase brings, each linear in the
features in its logarithm:

    E[N] = base · exp(β₀ + Σ βⱼ zⱼ),    zⱼ = (feature - its mean) / its deviation
    E[S | N > 0] = spend · exp(γ₀ + Σ γⱼ zⱼ)

N is the number of purchases, and base what the buy-till-you-die models expect; S is the
net revenue of a purchase, and spend what the spend model expects. The first is a
quasi-Poisson regression with the offset log base, the second a Gamma GLM with a log
link and the offset log spend, of who bought, weighted by N: the frequency and severity
of insurance (Frees, 2010, ch. 16). Both are consistent for the mean whatever the
distribution (Gourieroux, Monfort and Trognon, 1984). A ridge penalty λ/2 Σ βⱼ² draws
them back to what they correct where the data say little; λ is learned from them.
Standard errors are robust, and clustered by customer, since one appears at several
origins.
"""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
import statsmodels.api as sm
from numpy.typing import NDArray
from scipy import sparse, stats
from statsmodels.stats.multitest import multipletests

from journey_clv.likelihood import Floats, NotConvergedError

INTERCEPT, BASE = "intercept", "log_base"
# As if so many purchases had been seen that say that a feature says nothing: where the
# search for λ starts, and how far it goes.
_PENALTY = 300.0
_PENALTIES = (1.0, 1e6)
_PENALTY_TOLERANCE = 0.01
_STEPS = 100
_HALVINGS = 40
_LARGEST_LOG = 50.0
_LARGEST_MOVE = 5.0
_TOLERANCE = 1e-9
_ROUNDING = 1e-12
_SMALLEST_BASE = 1e-8
_SMALLEST_RANGE = 1e-9
# Log-likelihood of outcomes by the linear predictor, but for what it does not change.
_LIKELIHOODS: dict[type, Callable[[Floats, Floats], Floats]] = {
    sm.families.Poisson: lambda actual, linear: actual * linear - np.exp(linear),
    sm.families.Binomial: lambda actual, linear: (
        actual * linear - np.logaddexp(0.0, linear)
    ),
    sm.families.Gamma: lambda actual, linear: -actual * np.exp(-linear) - linear,
}
_OTHER_COLUMNS = {
    "days_ago",
    "horizon_days",
    "customer_key",
    *("base_orders", "base_net_revenue", "actual_orders", "actual_net_revenue"),
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

    An origin and horizon are trained on all earlier origins that `learned_from` tells:
    of a shorter horizon where the same was not known, since what is fitted is a
    correction of the base, whatever its length.

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
        `intercept` comes first and, of `orders`, `log_base` (the logarithm of the base
        itself). What `spend` expects, times what `orders` expects, is on the level of
        all net revenue that came, what was given back to those who bought nothing
        included. With least and greatest value, mean and deviation, coefficient per
        deviation, robust std_error, 95 % interval, z, p_value, adjusted_p_value
        (Benjamini and Hochberg, of one fit), penalty (λ of the fit), n_rows and
        n_customers (of `spend`, of those who bought for more than they gave back). No
        rows where nothing could be fitted.

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
        if not (training[["actual_orders", "actual_net_revenue"]].sum() > 0).all():
            continue
        trained_on = int(training["horizon_days"].max())
        # Longer horizons than were seen learn the same.
        if (days_ago, trained_on) not in fits:
            fits[days_ago, trained_on] = _fit(training, features, penalty).assign(
                days_ago=days_ago, trained_horizon_days=trained_on
            )
        fitted.append(fits[days_ago, trained_on].assign(horizon_days=horizon))
    if not fitted:
        return pd.DataFrame(columns=list(_TYPES)).astype(_TYPES)
    return pd.concat(fitted, ignore_index=True)[list(_TYPES)].astype(_TYPES)


def learned_from(rows: pd.DataFrame, days_ago: int, horizon: int) -> pd.DataFrame:
    """Those rows of past origins that a prediction from an origin is learned from.

    A horizon is predicted as it was tested: by what was learned over the longest
    horizon up to it that had passed by the latest origin that tests it. Where none
    had, over the longest that has passed by now.

    Args:
        rows: days_ago and horizon_days, and what else there is.
        days_ago: of the origin to predict from.
        horizon: days that are to be predicted.

    Returns:
        Of the rows of that longest horizon, or else of the longest below it, those
        whose horizon had passed by the origin; none if there are none.
    """
    shorter = rows.loc[rows["horizon_days"] <= horizon]
    passed_after = shorter["days_ago"] - shorter["horizon_days"]
    tested = shorter.loc[passed_after >= horizon, "horizon_days"]
    longest = horizon if tested.empty else tested.max()
    usable = shorter.loc[
        (passed_after >= days_ago) & (shorter["horizon_days"] <= longest)
    ]
    is_longest = usable["horizon_days"] == usable["horizon_days"].max()
    training: pd.DataFrame = usable.loc[is_longest]
    return training


def quasi_poisson(actual: Floats, design: Floats, offset: Floats) -> sm.GLM:
    """How much, linear in the logarithm; the variance goes with the mean.

    Args:
        actual: Y, shape (n,), which need be neither whole nor above 0.
        design: shape (n, k), the first column all ones.
        offset: logarithm of what is corrected, (n,).

    Raises:
        NotConvergedError: the outcomes do not add up to more than 0.
    """
    if not np.sum(actual) > 0:
        raise NotConvergedError("Nobody bought anything that the fit could learn from.")
    return RidgeGlm(actual, design, family=sm.families.Poisson(), offset=offset)


def gamma_glm(
    actual: Floats, design: Floats, offset: Floats, weights: Floats
) -> sm.GLM:
    """How much each time, linear in the logarithm; the deviation goes with the mean.

    Args:
        actual: mean of the outcomes of each row, shape (n,), above 0.
        design: shape (n, k), the first column all ones.
        offset: logarithm of what is corrected, (n,).
        weights: number of outcomes of each row, (n,).

    Raises:
        NotConvergedError: an outcome is not above 0, or there is none.
    """
    if not (len(actual) and np.all(actual > 0)):
        raise NotConvergedError("A mean purchase is to be learned of amounts above 0.")
    family = sm.families.Gamma(sm.families.links.Log())
    return RidgeGlm(actual, design, family=family, offset=offset, var_weights=weights)


def fit_ridge(
    model: sm.GLM, clusters: NDArray[np.int64], penalty: float, n_free: int = 1
) -> tuple[Floats, Floats]:
    """Fit one of the above with a ridge penalty on all but the first columns.

    Args:
        model: `quasi_poisson` or `gamma_glm` of n rows and k columns.
        clusters: number of the customer of each row, 0 to their number - 1, (n,).
        penalty: λ of all columns but those.
        n_free: how many columns come first, that of ones among them.

    Returns:
        The estimates, shape (k,), and their covariance, shape (k, k): the sandwich
        A⁻¹ B A⁻¹ with A the penalized information and B the sum over customers of
        the outer products of their scores.

    Raises:
        NotConvergedError: the search did not end.
    """
    params, information = _maximize(model, penalty, n_free)
    return params, clustered_covariance(model, params, information, clusters)


def learn_ridge(model: sm.GLM, clusters: NDArray[np.int64], n_free: int = 1) -> float:
    """The ridge penalty that the data themselves speak for.

    Were the coefficients of all features draws from one normal distribution, φ over its
    variance would be λ, φ being by how much outcomes spread more than the variance that
    the model takes for granted. The update of Wood and Fasiolo (2017),

        λ ← φ · tr(A⁻¹I) / Σ βⱼ²,    φ = tr(A⁻¹B) / tr(A⁻¹I),

    climbs the likelihood of that until it settles. I is the information, and A = I + λ,
    so that tr(A⁻¹I) is the effective number of features. B is the sum over customers of
    the outer products of their scores: one who is seen several times counts once.

    Args:
        model: as in `fit_ridge`.
        clusters: as there.
        n_free: as there.

    Returns:
        λ, from 1 to 1e6; the latter where the features say nothing. Within a hundredth
        of where the updates settle, or that of the hundredth update.

    Raises:
        NotConvergedError: the search did not end.
    """
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


def _maximize(
    model: sm.GLM, penalty: float, n_free: int, start: Floats | None = None
) -> tuple[Floats, Floats]:
    weights = np.full(model.exog.shape[1], penalty)
    weights[:n_free] = 0.0
    if start is None:
        start = np.zeros(len(weights))
        expected = np.sum(model.iweights * np.exp(model.offset))
        start[0] = np.log(np.sum(model.iweights * model.endog) / expected)
    return maximize_ridge(model, weights, start)


def clustered_covariance(
    model: sm.GLM, params: Floats, information: Floats, clusters: NDArray[np.int64]
) -> Floats:
    """Robust covariance of estimates whose errors go together within a cluster.

    Args:
        model: of n rows.
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
        (model.score_factor(params, 1.0), (clusters, np.arange(len(clusters))))
    )
    by_cluster = members @ model.exog
    return np.asarray(by_cluster.T @ by_cluster)


def maximize_ridge(
    model: sm.GLM, penalties: Floats, start: Floats
) -> tuple[Floats, Floats]:
    """Maximum of a quasi-likelihood with a ridge penalty on some coefficients.

    Args:
        model: Poisson or binomial with the canonical link, or Gamma with that of the
            logarithm; it may have an offset. The outcomes of a Poisson model need be
            neither whole nor above 0.
        penalties: λ of each coefficient, shape (k,).
        start: coefficients to start from, (k,).

    Returns:
        The estimates, shape (k,), and the penalized information at them, shape (k, k).

    Raises:
        NotConvergedError: the search did not end.
    """
    actual, design = model.endog, model.exog
    offset = 0.0 if model.offset is None else model.offset
    likelihood = _LIKELIHOODS[type(model.family)]

    def objective(params: Floats) -> float:
        linear = design @ params + offset
        if linear.max() > _LARGEST_LOG:
            return -np.inf
        value = np.sum(model.iweights * likelihood(actual, linear))
        return float(value - 0.5 * np.sum(penalties * params**2))

    params = start
    reached = objective(params)
    for _ in range(_STEPS):
        scores = model.score_factor(params, 1.0)
        information = _gram(design, model.hessian_factor(params, 1.0))
        information += np.diag(penalties)
        gradient = design.T @ scores - penalties * params
        step = np.linalg.solve(information, gradient)
        if np.abs(step).max() < _TOLERANCE:
            return params, information
        # Far from the top the curvature says little of how far it is.
        step *= min(1.0, _LARGEST_MOVE / np.abs(design @ step).max())
        # The objective is concave: Newton steps, halved until they climb, find the top.
        # Near it they climb by less than what rounding takes.
        for _ in range(_HALVINGS):
            if objective(params + step) >= reached - _ROUNDING * abs(reached):
                break
            step = step / 2
        params = params + step
        reached = objective(params)
    raise NotConvergedError(f"The regression did not settle in {_STEPS} steps.")


def _fit(
    training: pd.DataFrame, features: Sequence[str], penalty: float | None
) -> pd.DataFrame:
    names = ("base_orders", "base_net_revenue", "actual_orders", "actual_net_revenue")
    base, base_revenue, orders, revenue = (
        training[name].to_numpy(np.float64) for name in names
    )
    base = np.maximum(base, _SMALLEST_BASE)
    spend = np.maximum(base_revenue, _SMALLEST_BASE) / base
    values = training[list(features)].astype("float64")
    values.insert(0, BASE, np.log(base))
    design, table = standardize(values)
    clusters = pd.factorize(training["customer_key"])[0].astype(np.int64)
    # Who gave back as much as they bought is in the level, below.
    buys = (orders > 0) & (revenue > 0)
    varies = np.ptp(design[buys], axis=0) > _SMALLEST_RANGE
    is_of_spend = (table["feature"] == INTERCEPT) | (
        varies & (table["feature"] != BASE)
    )
    often = quasi_poisson(orders, design, np.log(base))
    each = gamma_glm(
        revenue[buys] / orders[buys],
        design[np.ix_(buys, is_of_spend)],
        np.log(spend[buys]),
        orders[buys],
    )
    of_orders, order_errors, of_order_fit = _estimated(often, clusters, penalty)
    of_spend, spend_errors, of_spend_fit = _estimated(each, clusters[buys], penalty)
    linear = design @ of_orders + design[:, is_of_spend] @ of_spend
    of_spend[0] += np.log(np.sum(revenue) / np.sum(base * spend * np.exp(linear)))
    return pd.concat(
        [
            describe(table, of_orders, order_errors).assign(
                target="orders", **of_order_fit
            ),
            describe(table[is_of_spend], of_spend, spend_errors).assign(
                target="spend", **of_spend_fit
            ),
        ]
    )


def _estimated(
    model: sm.GLM, clusters: NDArray[np.int64], penalty: float | None
) -> tuple[Floats, Floats, dict[str, float]]:
    """Estimates, their standard errors, and what else is told of the fit."""
    own = pd.factorize(clusters)[0]
    if penalty is None:
        penalty = learn_ridge(model, own)
    params, covariance = fit_ridge(model, own, penalty)
    fit = {"penalty": penalty, "n_rows": len(own), "n_customers": own.max() + 1}
    return params, np.sqrt(np.diag(covariance)), fit


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
    varying = list(values.columns[deviation > _SMALLEST_RANGE])
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
    """X'WX, of weights that rounding alone makes negative."""
    weighted = design * np.sqrt(np.maximum(weights, 0.0))[:, None]
    return np.asarray(weighted.T @ weighted)
