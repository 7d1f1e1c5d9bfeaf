"""Gamma-Gamma: what a customer spends per order.

Fader, Hardie (2013), The Gamma-Gamma Model of Monetary Value. Each order's value is
Gamma(p, ν), and ν ~ Gamma(q, γ) over customers, independent of how often they buy. γ is
in the unit of the spend. Only customers with x > 0 are observed.
"""

from typing import ClassVar

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import special

from journey_clv.likelihood import (
    Floats,
    NotConvergedError,
    WeightedLikelihoodModel,
    checked_parameters,
    checked_weights,
)

_STEPS = 100
_TOLERANCE = 1e-9
_CALIBRATION_TYPES = {
    "days_ago": "int64",
    "model": "str",
    "intercept": "float64",
    "slope": "float64",
    "slope_std_error": "float64",
    "mean_log_likelihood": "float64",
    "n_customers": "int64",
    "n_purchases": "int64",
}


class GammaGamma(WeightedLikelihoodModel):
    """The mean z̄ of x orders of a customer has the density, equation (1a),

        f(z̄ | x) = (γ/(γ+xz̄))^q (xz̄/(γ+xz̄))^(px) / (z̄ B(px, q))

    Args:
        x: orders in the mean, above 0, shape (n,).
        mean_spend: z̄, above 0, shape (n,).
        weights: customers with that x and z̄, shape (n,); one each by default.

    Raises:
        ValueError: x or a spend that is not positive, or no customer at all.
    """

    names = ("p", "q", "gamma")
    row_name: ClassVar[str] = "(x, mean_spend)"

    def __init__(
        self, x: ArrayLike, mean_spend: ArrayLike, weights: ArrayLike | None = None
    ) -> None:
        """Check and keep the groups; see the class for the arguments."""
        self.x, self.mean_spend = _spends(x, mean_spend)
        if self.x.ndim != 1:
            raise ValueError("x and mean_spend must be one-dimensional.")
        self.weights = checked_weights(weights, len(self.x))
        self._log_spend = np.log(self.mean_spend)
        super().__init__(self.x)

    def _log_centre(self) -> float:
        return float(np.sum(self.weights * self._log_spend)) / self.n_customers

    def _start(self) -> Floats:
        return np.array([2.0, 3.0, np.exp(self._log_centre())])

    def _scale(self) -> Floats:
        return np.array([1.0, 1.0, np.exp(self._log_centre())])

    def _check_fittable(self) -> None:
        spend = self._log_spend[self.weights > 0]
        if np.ptp(spend) == 0:
            raise NotConvergedError(
                "Every customer spends the same: the spread of spends is not defined."
            )

    def _evaluate(self, params: Floats) -> tuple[Floats, Floats]:
        p, q, gamma = params
        x, z = self.x, self.mean_spend
        total = gamma + x * z
        log_rest, log_own = np.log(gamma / total), np.log(x * z / total)
        value = (
            q * log_rest + p * x * log_own - self._log_spend - special.betaln(p * x, q)
        )
        digamma_sum = special.digamma(p * x + q)
        gradient = np.stack(
            [
                x * (log_own + digamma_sum - special.digamma(p * x)),
                log_rest + digamma_sum - special.digamma(q),
                q / gamma - (q + p * x) / total,
            ]
        )
        return value, gradient


def expected_spend(params: ArrayLike, x: ArrayLike, mean_spend: ArrayLike) -> Floats:
    """E[Z | x, z̄] = p (γ + xz̄) / (px + q - 1), equation (5), the arrays broadcast.

    The mean of the customer's future orders, in the unit of the spend, for x > 0: the
    average of z̄ and the population's mean, weighted by px and q - 1.

    Raises:
        ValueError: params that have no mean (q <= 1), or data that cannot be.
    """
    p, q, gamma = _finite_mean(params)
    x, mean_spend = _spends(x, mean_spend)
    return np.asarray(p * (gamma + x * mean_spend) / (p * x + q - 1))


def population_mean_spend(params: ArrayLike) -> float:
    """E[Z] = pγ/(q-1), for customers of whom no repeat order is known.

    Raises:
        ValueError: q <= 1. The mean is infinite there: single customers would carry any
            total, and no number is right. `fits.fit_parameters` reports such a fit as
            not converged, so that nothing is scored with it.
    """
    p, q, gamma = _finite_mean(params)
    return float(p * gamma / (q - 1))


def fit_calibrations(foretold: pd.DataFrame, *, min_customers: int) -> pd.DataFrame:
    """Learn how far a spend model's expectations are to be trusted.

    Purchases that were foretold from those before them say how the expectation E and
    what came go together: E[Y] = exp(c) E^k. A slope k below 1 draws customers nearer
    together than the model does.

    Args:
        foretold: a row per days_ago, model and bin of like expectations: log_expected,
            n_purchases, n_customers (whose first repeat purchase it is), net_revenue
            and squared_net_revenue (sums of what came, and of its squares).
        min_customers: with fewer customers to learn from, nothing is learned.

    Returns:
        A row per days_ago and model: intercept c, slope k, and slope_std_error, as of
        `calibration`; mean_log_likelihood, the Gamma quasi-log-likelihood of a purchase
        up to what is the same for all models; n_customers and n_purchases.

    Raises:
        KeyError: a column is missing.
    """
    rows = []
    foretold = foretold.sort_values(["days_ago", "model", "log_expected"])
    for (days_ago, model), bins in foretold.groupby(["days_ago", "model"]):
        customers = int(bins["n_customers"].sum())
        if customers < max(min_customers, 1) or not bins["net_revenue"].sum() > 0:
            continue
        log_expected, purchases, revenue, squares = (
            bins[column].to_numpy(np.float64)
            for column in (
                "log_expected",
                "n_purchases",
                "net_revenue",
                "squared_net_revenue",
            )
        )
        intercept, slope, error = calibration(log_expected, purchases, revenue, squares)
        linear = intercept + slope * log_expected
        value = -np.sum(purchases * linear + revenue * np.exp(-linear))
        rows.append(
            {
                "days_ago": days_ago,
                "model": model,
                "intercept": intercept,
                "slope": slope,
                "slope_std_error": error,
                "mean_log_likelihood": value / purchases.sum(),
                "n_customers": customers,
                "n_purchases": int(purchases.sum()),
            }
        )
    return pd.DataFrame(rows, columns=list(_CALIBRATION_TYPES)).astype(
        _CALIBRATION_TYPES
    )


def calibration(
    log_expected: ArrayLike,
    purchases: ArrayLike,
    revenue: ArrayLike,
    squares: ArrayLike,
) -> tuple[float, float, float]:
    """c and k of E[Y] = exp(c) E^k, and the standard error of k.

    k maximizes the Gamma quasi-likelihood, and is held between 0 and 1; c is such that
    as much is foretold in all as came.

    Args:
        log_expected: ln E of the purchases of a bin, shape (n,).
        purchases: how many there are, (n,).
        revenue: sum of what they brought, (n,), not all of it 0.
        squares: sum of the squares of what each brought, (n,).

    Returns:
        c, k, and k's error, robust to any variance: of A⁻¹ B A⁻¹, with A the observed
        information and B the sum over purchases of the outer products of their scores.
        NaN where k would lie beyond 0 or 1, or cannot be told (then it is 1).

    Raises:
        NotConvergedError: the search did not end.
    """
    log_expected, purchases, revenue, squares = (
        np.asarray(v, dtype=np.float64)
        for v in (log_expected, purchases, revenue, squares)
    )
    slope, error = 1.0, np.nan
    if np.ptp(log_expected) > _TOLERANCE:
        design = np.stack([np.ones_like(log_expected), log_expected])
        params, inverse = _gamma_regression(design, purchases, revenue)
        slope = float(np.clip(params[1], 0.0, 1.0))
        if slope == params[1]:
            shrunk = np.exp(-params @ design)
            squared_scores = squares * shrunk**2 - 2 * revenue * shrunk + purchases
            middle = design * squared_scores @ design.T
            error = float(np.sqrt((inverse @ middle @ inverse)[1, 1]))
    foretold = np.sum(purchases * np.exp(slope * log_expected))
    return float(np.log(np.sum(revenue) / foretold)), slope, error


def _gamma_regression(
    design: Floats, purchases: Floats, revenue: Floats
) -> tuple[Floats, Floats]:
    """Maximum of -Σ (n η + y exp(-η)), η = c + k ln E, and the inverse information.

    It is concave: Newton steps, halved until they climb, find the top.
    """

    def objective(params: Floats) -> float:
        linear = params @ design
        return -float(np.sum(purchases * linear + revenue * np.exp(-linear)))

    params = np.array([np.log(np.sum(revenue) / np.sum(purchases)), 0.0])
    reached = objective(params)
    for _ in range(_STEPS):
        weights = revenue * np.exp(-params @ design)
        inverse = np.asarray(np.linalg.inv(design * weights @ design.T))
        step = inverse @ (design @ (weights - purchases))
        if np.abs(step).max() < _TOLERANCE:
            return params, inverse
        while objective(params + step) < reached - _TOLERANCE * abs(reached):
            step = step / 2
        params = params + step
        reached = objective(params)
    raise NotConvergedError(f"The calibration did not settle in {_STEPS} steps.")


def _finite_mean(params: ArrayLike) -> Floats:
    values = checked_parameters(params, GammaGamma.names)
    if values[1] <= 1:
        raise ValueError(f"The mean spend is infinite: q is {values[1]:.4g}, not > 1.")
    return values


def _spends(x: ArrayLike, mean_spend: ArrayLike) -> tuple[Floats, Floats]:
    x, mean_spend = (np.asarray(v, dtype=np.float64) for v in (x, mean_spend))
    for name, values in (("x", x), ("mean_spend", mean_spend)):
        if not (np.isfinite(values) & (values > 0)).all():
            raise ValueError(f"{name} must be a finite number above 0.")
    return x, mean_spend
