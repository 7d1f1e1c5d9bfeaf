"""Maximum likelihood on weighted rows, for models that statsmodels does not have.

A subclass gives the likelihood of a row and its gradient. What is common to all is
here: the search, the word whether it converged, standard errors, intervals, and
criteria that count customers, not rows.
"""

from abc import ABC, abstractmethod
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import optimize, stats
from statsmodels.base.model import (
    GenericLikelihoodModel,
    GenericLikelihoodModelResults,
    LikelihoodModelResults,
)
from threadpoolctl import threadpool_limits

# BLAS keeps to one thread, so that a result does not depend on how many there are. More
# would not be faster: dbt runs the fits side by side, and threads that wait use a core.
threadpool_limits(limits=1, user_api="blas")

Floats = NDArray[np.float64]

# Log-parameters are searched within ± this of their scale: e^12 is 160,000 times.
_LOG_BOUND = 12.0
# A standard error of a log-parameter above this leaves a 95 % interval from 1/350 to
# 350 times the estimate: the data do not tell where the parameter is.
_MAX_LOG_ERROR = 3.0
_HESSIAN_STEP = 1e-4


class NotConvergedError(RuntimeError):
    """The likelihood has no maximum that the data identify; the message says why."""


class WeightedResults(GenericLikelihoodModelResults):  # type: ignore[misc]
    """Estimates in natural units; AIC and BIC count customers, not distinct rows."""

    def __init__(self, model: "WeightedLikelihoodModel", mlefit: Any) -> None:
        """Wrap `mlefit`, the estimates and their covariance, for `model`."""
        super().__init__(model, mlefit)
        self.nobs = model.n_customers
        self.df_model = len(self.params)
        self.df_resid = self.nobs - self.df_model

    def summary(self, yname: str | None = None, **kwds: Any) -> Any:
        """Statsmodels' summary, with natural parameters and customers counted."""
        return super().summary(yname=yname or self.model.row_name, **kwds)

    @property
    def aic(self) -> float:
        """Akaike's criterion, 2k - 2 log L."""
        return float(2 * len(self.params) - 2 * self.llf)

    @property
    def bic(self) -> float:
        """Schwarz's criterion, k ln(number of customers) - 2 log L."""
        return float(len(self.params) * np.log(self.nobs) - 2 * self.llf)

    def conf_int(self, alpha: float = 0.05, cols: Any = None) -> Floats:
        """Intervals of level 1 - alpha, shape (k, 2).

        Of a positive parameter symmetric in the logarithm, estimate * exp(± z *
        std_error / estimate); of any other estimate ± z * std_error.
        """
        z = stats.norm.ppf(1 - alpha / 2) * np.array([-1.0, 1.0])
        bounds = self.params[:, None] + self.bse[:, None] * z
        positive = self.model.is_positive
        ratio = (self.bse / self.params)[positive, None]
        bounds[positive] = self.params[positive, None] * np.exp(ratio * z)
        return np.asarray(bounds if cols is None else bounds[cols])


class WeightedLikelihoodModel(GenericLikelihoodModel, ABC):  # type: ignore[misc]
    """Maximum likelihood on weighted rows.

    A subclass gives `names`, `row_name` and the abstract methods, and sets `weights`
    before it calls `super().__init__`. Its last `n_free` parameters may be any number;
    the others are positive, and searched by their logarithm.
    """

    names: tuple[str, ...]
    row_name: ClassVar[str]
    n_free: int = 0
    weights: Floats

    def __init__(self, endog: Floats) -> None:
        """Take the row that statsmodels calls endog; everything else is set before."""
        self.n_customers = float(self.weights.sum())
        n_positive = len(self.names) - self.n_free
        self.is_positive = np.arange(len(self.names)) < n_positive
        super().__init__(endog, extra_params_names=list(self.names))

    @abstractmethod
    def _start(self) -> Floats:
        """Return the parameters that the search starts from."""

    @abstractmethod
    def _scale(self) -> Floats:
        """Return the size of each parameter, so that a fit is free of units."""

    @abstractmethod
    def _evaluate(self, params: Floats) -> tuple[Floats, Floats]:
        """Return log L (n,) and its gradient (k, n) for one customer of each row."""

    @abstractmethod
    def _check_fittable(self) -> None:
        """Raise a NotConvergedError where the data are known to have no maximum."""

    def loglikeobs(self, params: ArrayLike) -> Floats:
        """Log-likelihood of each row, times its weight; natural parameters."""
        return self.weights * self._evaluate(vector(params))[0]

    def score_obs(self, params: ArrayLike) -> Floats:
        """Gradient of `loglikeobs` in the natural parameters, shape (n, k)."""
        return (self.weights * self._evaluate(vector(params))[1]).T

    def score(self, params: ArrayLike) -> Floats:
        """Gradient of the log-likelihood in the natural parameters, shape (k,)."""
        return self._value_and_score(vector(params))[1]

    def hessian(self, params: ArrayLike) -> Floats:
        """Hessian of the log-likelihood in the natural parameters, shape (k, k)."""
        params = vector(params)
        slope = self._slope(params)
        bend = np.diag(np.where(self.is_positive, params * self.score(params), 0.0))
        search_hessian = self._search_hessian(self._to_search(params))
        return np.asarray((search_hessian - bend) / np.outer(slope, slope))

    # The search is over the logarithm of a positive parameter, and over any other as it
    # stands, in units of its scale.

    def _to_search(self, params: Floats) -> Floats:
        theta = params / self._scale()
        theta[self.is_positive] = np.log(params[self.is_positive])
        return theta

    def _from_search(self, theta: Floats) -> Floats:
        params = theta * self._scale()
        params[self.is_positive] = np.exp(theta[self.is_positive])
        return params

    def _slope(self, params: Floats) -> Floats:
        """Derivative of the natural parameters in those that are searched."""
        return np.where(self.is_positive, params, self._scale())

    def _value_and_score(self, params: Floats) -> tuple[float, Floats]:
        value, gradient = self._evaluate(params)
        score = gradient @ self.weights
        return float(np.sum(self.weights * value)), np.asarray(score)

    def _search_score(self, theta: Floats) -> Floats:
        params = self._from_search(theta)
        return self._slope(params) * self._value_and_score(params)[1]

    def _search_hessian(self, theta: Floats) -> Floats:
        """Central differences of the analytic score."""
        steps = _HESSIAN_STEP * np.eye(len(theta))
        rows = [
            (self._search_score(theta + step) - self._search_score(theta - step))
            / (2 * _HESSIAN_STEP)
            for step in steps
        ]
        return (np.array(rows) + np.array(rows).T) / 2

    def fit(
        self, start_params: ArrayLike | None = None, maxiter: int = 500
    ) -> WeightedResults:
        """Maximise the likelihood.

        L-BFGS-B from a fixed start, then Newton steps until another one would gain
        less than 1e-14 in log-likelihood: that, not the word of the first search, is
        what counts as converged. The covariance is the inverse of the observed
        information of what was searched, brought to the natural parameters by the
        delta method.

        Raises:
            NotConvergedError: the search stopped at no maximum, or at one on the edge
                of the parameter space, or at one too flat to give standard errors.
        """
        self._check_fittable()
        start = self._start() if start_params is None else vector(start_params)
        centre = np.where(self.is_positive, np.log(self._scale()), 0.0)
        lower, upper = centre - _LOG_BOUND, centre + _LOG_BOUND

        def objective(theta: Floats) -> tuple[float, Floats]:
            params = self._from_search(theta)
            value, score = self._value_and_score(params)
            score = self._slope(params) * score
            return -value / self.n_customers, -score / self.n_customers

        found = optimize.minimize(
            objective,
            np.clip(self._to_search(start), lower, upper),
            jac=True,
            method="L-BFGS-B",
            bounds=list(zip(lower, upper, strict=True)),
            options={"maxiter": maxiter, "ftol": 1e-13, "gtol": 1e-6},
        )
        theta, covariance, score = self._polish(np.asarray(found.x), lower, upper)
        params = self._from_search(theta)
        slope = self._slope(params)
        natural = covariance * np.outer(slope, slope)
        fitted = LikelihoodModelResults(self, params, natural, scale=1.0)
        fitted.mle_retvals = {
            "converged": True,
            "iterations": int(found.nit),
            "search_score": score,
        }
        fitted.mle_settings = {"optimizer": "L-BFGS-B, Newton", "maxiter": maxiter}
        return WeightedResults(self, fitted)

    def _polish(
        self, theta: Floats, lower: Floats, upper: Floats
    ) -> tuple[Floats, Floats, Floats]:
        """Return the maximum, the covariance and the score there, as searched."""
        covariance = np.zeros((0, 0))
        for _ in range(30):
            score = self._search_score(theta)
            if not covariance.size:
                covariance = self._search_covariance(theta, lower, upper)
            step = np.asarray(np.sum(covariance * score, axis=1))
            gain = float(np.sum(step * score)) / 2
            if gain < 1e-14:
                vague = np.sqrt(np.diag(covariance)) > _MAX_LOG_ERROR
                if vague.any():
                    raise NotConvergedError(self._unidentified(vague))
                if np.abs(score).max() > 1e-6 * self.n_customers:
                    raise NotConvergedError("The gradient is not zero at the end.")
                return theta, covariance, score
            # The Hessian costs eight scores: keep it while it cannot have changed.
            if np.abs(step).max() > 1e-4:
                covariance = np.zeros((0, 0))
            theta = self._step(theta, step, gain)
        raise NotConvergedError("The search ended before the gradient was zero.")

    def _search_covariance(self, theta: Floats, lower: Floats, upper: Floats) -> Floats:
        """Inverse of the observed information, if theta is inside and it is one."""
        at_edge = (theta - lower < 0.1) | (upper - theta < 0.1)
        if at_edge.any():
            raise NotConvergedError(self._unidentified(at_edge))
        information = -self._search_hessian(theta)
        if not np.isfinite(information).all():
            raise NotConvergedError("The likelihood is not finite where it ended.")
        if np.linalg.eigvalsh(information)[0] <= 0:
            raise NotConvergedError(
                "The Hessian is not negative definite where the search ended: "
                "the data do not identify all of the parameters."
            )
        return np.asarray(np.linalg.inv(information), dtype=np.float64)

    def _step(self, theta: Floats, step: Floats, gain: float) -> Floats:
        """Take a Newton step, halved until the likelihood does not fall."""
        step = step / max(1.0, np.abs(step).max())
        # A gain this small drowns in the rounding of the sum; Newton is safe here.
        if gain < 1e-4:
            return theta + step
        before = self._value_and_score(self._from_search(theta))[0]
        for _ in range(30):
            after = self._value_and_score(self._from_search(theta + step))[0]
            if after > before:
                break
            step = step / 2
        return theta + step

    def _unidentified(self, which: NDArray[np.bool_]) -> str:
        named = " and ".join(
            name for name, bad in zip(self.names, which, strict=True) if bad
        )
        return (
            f"The data do not identify {named}: the likelihood is flat, or rises "
            "towards the edge of the parameter space."
        )


def vector(values: ArrayLike) -> Floats:
    """Return the values as floats."""
    return np.asarray(values, dtype=np.float64)


def checked_parameters(params: ArrayLike, names: tuple[str, ...]) -> Floats:
    """Return the parameters, or raise a ValueError unless all are positive."""
    values = vector(params)
    if values.shape != (len(names),) or not (np.isfinite(values) & (values > 0)).all():
        raise ValueError(f"{', '.join(names)} must be positive numbers, not {values}.")
    return values


def checked_weights(weights: ArrayLike | None, n: int) -> Floats:
    """Return the customers of each row, or raise a ValueError; one each if None."""
    array = np.ones(n) if weights is None else vector(weights)
    if array.shape != (n,):
        raise ValueError("There must be one weight for each row.")
    if not (np.isfinite(array) & (array >= 0)).all() or array.sum() <= 0:
        raise ValueError("Weights must not be negative, and not all be zero.")
    return array
