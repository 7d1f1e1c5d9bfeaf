"""Buy-till-you-die models with covariates that do not change during a life.

Fader, Hardie (2007), Incorporating time-invariant covariates into the Pareto/NBD and
BG/NBD models. A customer with covariates z has the likelihood of the model without
them, with some of the parameters scaled:

    Pareto/NBD            α = α₀ exp(-γ_α z), β = β₀ exp(-γ_β z)
    BG/NBD and MBG/NBD    α = α₀ exp(-γ_α z), a = a₀ exp(γ_a z), b = b₀ exp(γ_b z)

So a γ_α above 0 means more purchases, by the factor exp(γ_α) per unit of z; a γ_β above
0, or a γ_a above γ_b, a shorter life. (CLVTools, which also names this paper, has one γ
for a and b: the mean chance to leave then depends on z in no way.)

Customers with the same covariates share a fit of the plain model: cost grows with the
distinct combinations of covariates, so bin what is continuous.
"""

from collections.abc import Iterator
from typing import ClassVar

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from journey_clv.btyd import BgNbd, BuyTillYouDie
from journey_clv.likelihood import Floats, WeightedLikelihoodModel, vector

# Beyond this many it is a mistake: somebody brought a continuous covariate.
MAX_COMBINATIONS = 1000


class WithCovariates(WeightedLikelihoodModel):
    """One of the three models, with covariates on purchasing, on leaving, or on both.

    The parameters are those of the model without covariates, which are those of a
    customer with z = 0, and after them a coefficient γ for each scaled parameter and
    covariate, named `alpha_<covariate>`, `beta_<covariate>` and so on.

    Args:
        model: BgNbd, MbgNbd or ParetoNbd.
        x: repeat purchases, shape (n,).
        t_x: time of the last purchase, shape (n,).
        T: time observed, shape (n,).
        purchase: covariates of the purchase rate, a column each, n rows or no column.
        attrition: covariates of leaving, likewise.
        weights: customers of each row, shape (n,); one each by default.

    Raises:
        ValueError: a history or covariate that cannot be; a covariate that is the same
            for everybody; more than `MAX_COMBINATIONS` combinations of them.
    """

    row_name: ClassVar[str] = "(x, t_x, T, z)"

    def __init__(
        self,
        model: type[BuyTillYouDie],
        x: ArrayLike,
        t_x: ArrayLike,
        T: ArrayLike,
        *,
        purchase: pd.DataFrame,
        attrition: pd.DataFrame,
        weights: ArrayLike | None = None,
    ) -> None:
        """Check and keep the histories and covariates; see the class."""
        self.model = model
        self._plain = model(x, t_x, T, weights)
        self.weights = self._plain.weights
        self.purchase = list(purchase.columns)
        self.attrition = list(attrition.columns)
        self._coefficients = list(self._named_coefficients())
        self.n_free = len(self._coefficients)
        self.names = (
            *model.names,
            *(f"{parameter}_{name}" for parameter, _, name in self._coefficients),
        )
        self._z = self._design(purchase, attrition)
        if len(self._z) != len(self.weights):
            raise ValueError("There must be one row of covariates for each history.")
        mean = np.average(self._z, axis=0, weights=self.weights)
        variance = np.average((self._z - mean) ** 2, axis=0, weights=self.weights)
        for name, spread in zip(self.names[len(model.names) :], variance, strict=True):
            if not spread > 0:
                raise ValueError(f"{name}: the covariate is the same for everybody.")
        self._spread = np.sqrt(variance)
        self._groups = [
            (
                rows,
                model(
                    self._plain.x[rows],
                    self._plain.t_x[rows],
                    self._plain.T[rows],
                    # Those who weigh nothing here still have a likelihood.
                    np.ones(len(rows)),
                ),
            )
            for rows in _same(self._z)
        ]
        super().__init__(self._plain.x)

    def _named_coefficients(self) -> Iterator[tuple[str, float, str]]:
        """Each coefficient's parameter, its sign in the exponent, its covariate."""
        leaving = (
            (("a", 1.0), ("b", 1.0))
            if issubclass(self.model, BgNbd)
            else (("beta", -1.0),)
        )
        for name in self.purchase:
            yield "alpha", -1.0, name
        for parameter, sign in leaving:
            for name in self.attrition:
                yield parameter, sign, name

    def _design(self, purchase: pd.DataFrame, attrition: pd.DataFrame) -> Floats:
        """Lay the covariates out, a column for each coefficient; shape (n, n_free)."""
        columns = []
        for parameter, _, name in self._coefficients:
            frame = purchase if parameter == "alpha" else attrition
            values = vector(frame[name])
            if not np.isfinite(values).all():
                raise ValueError(f"Covariate {name} must be a finite number.")
            columns.append(values)
        n = max(len(purchase), len(attrition))
        return np.column_stack(columns) if columns else np.empty((n, 0))

    def _start(self) -> Floats:
        return np.concatenate([self._plain._start(), np.zeros(self.n_free)])

    def _scale(self) -> Floats:
        return np.concatenate([self._plain._scale(), 1 / self._spread])

    def _check_fittable(self) -> None:
        self._plain._check_fittable()

    def _own(self, params: Floats, z: Floats) -> Floats:
        """Parameters of the plain model for covariates z (m, n_free); shape (m, k)."""
        names = self.model.names
        exponents = np.zeros((len(z), len(names)))
        for j, (parameter, sign, _) in enumerate(self._coefficients):
            exponents[:, names.index(parameter)] += (
                sign * params[len(names) + j] * z[:, j]
            )
        return np.asarray(params[: len(names)] * np.exp(exponents))

    def _evaluate(self, params: Floats) -> tuple[Floats, Floats]:
        names = self.model.names
        value = np.empty(len(self.weights))
        gradient = np.empty((len(self.names), len(self.weights)))
        for rows, plain in self._groups:
            z = self._z[rows[0]]
            own = self._own(params, z[None])[0]
            value[rows], slope = plain._evaluate(own)
            # By the chain rule: each own parameter is the common one times a factor.
            by_log = slope * own[:, None]
            gradient[: len(names), rows] = by_log / params[: len(names), None]
            for j, (parameter, sign, _) in enumerate(self._coefficients):
                by_parameter = by_log[names.index(parameter)]
                gradient[len(names) + j, rows] = sign * z[j] * by_parameter
        return value, gradient

    def own_parameters(
        self, params: ArrayLike, purchase: pd.DataFrame, attrition: pd.DataFrame
    ) -> Floats:
        """Return the parameters of the plain model for each customer.

        Args:
            params: estimates, in the order of `names`.
            purchase: as in the class, of any customers, shape (m, ·).
            attrition: likewise.

        Returns:
            Shape (m, 4), in the order of `model.names`.
        """
        return self._own(vector(params), self._design(purchase, attrition))

    def expected_orders(
        self,
        params: ArrayLike,
        t: float,
        x: ArrayLike,
        t_x: ArrayLike,
        T: ArrayLike,
        *,
        purchase: pd.DataFrame,
        attrition: pd.DataFrame,
    ) -> Floats:
        """E[Y(t) | x, t_x, T, z]: purchases in (T, T+t] of m customers, shape (m,)."""
        x, t_x, T = vector(x), vector(t_x), vector(T)
        own = self.own_parameters(params, purchase, attrition)
        expected = np.empty(len(own))
        for rows in _same(own):
            expected[rows] = self.model.expected_orders(
                own[rows[0]], t, x[rows], t_x[rows], T[rows]
            )
        return expected


def _same(values: Floats) -> list[NDArray[np.int64]]:
    """Return the positions of equal rows, for each distinct row."""
    _, group = np.unique(values, axis=0, return_inverse=True)
    group = group.ravel() if values.shape[1] else np.zeros(len(values), dtype=np.int64)
    n_groups = int(group.max()) + 1 if len(group) else 0
    if n_groups > MAX_COMBINATIONS:
        raise ValueError(
            f"{n_groups} combinations of covariates are too many, the most is "
            f"{MAX_COMBINATIONS}: put continuous ones into bins."
        )
    order = np.argsort(group, kind="stable")
    return np.split(order, np.cumsum(np.bincount(group))[:-1]) if len(group) else []
