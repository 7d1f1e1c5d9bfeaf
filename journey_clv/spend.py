"""Gamma-Gamma: what a customer spends per order.

Fader, Hardie (2013), The Gamma-Gamma Model of Monetary Value. Each order's value is
Gamma(p, ν), and ν ~ Gamma(q, γ) over customers, independent of how often they buy. γ is
in the unit of the spend. Only customers with x > 0 are observed.
"""

from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from journey_clv.likelihood import (
    Floats,
    NotConvergedError,
    WeightedLikelihoodModel,
    checked_parameters,
    checked_weights,
)


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
