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

from journey_clv.btyd import BgNbd, BuyTillYouDie, ParetoNbd
from journey_clv.likelihood import (
    Floats,
    NotConvergedError,
    WeightedLikelihoodModel,
    vector,
)
from journey_clv.regression import describe

# Beyond this many it is a mistake: somebody brought a continuous covariate.
MAX_COMBINATIONS = 1000
# The most levels of a covariate; the rarest beyond are one.
_MOST_LEVELS = 7
_OTHER = "other"
_PROCESSES = ("purchase", "attrition")
_HISTORY = ["x", "t_x", "T"]
_NOT_COVARIATES = [*_HISTORY, "n_customers"]
_TYPES = {
    "process": "str",
    "covariate": "str",
    "level": "str",
    "reference_level": "str",
    "n_customers": "int64",
    "coefficient": "float64",
    "std_error": "float64",
    "ci_lower": "float64",
    "ci_upper": "float64",
    "z": "float64",
    "p_value": "float64",
    "adjusted_p_value": "float64",
    "log_likelihood": "float64",
    "log_likelihood_without": "float64",
    "status": "str",
    "message": "str",
}


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
            for rows in ([] if model is ParetoNbd else _same(self._z))
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
        own = self._own(params, self._z).T
        value, slope = self._evaluate_own(own)
        # By the chain rule: each own parameter is the common one times a factor.
        by_log = slope * own
        gradient = np.empty((len(self.names), len(value)))
        gradient[: len(names)] = by_log / params[: len(names), None]
        for j, (parameter, sign, _) in enumerate(self._coefficients):
            by_parameter = by_log[names.index(parameter)]
            gradient[len(names) + j] = sign * self._z[:, j] * by_parameter
        return value, gradient

    def _evaluate_own(self, own: Floats) -> tuple[Floats, Floats]:
        """Log L (n,) and its gradient (4, n) in each row's own parameters (4, n)."""
        if isinstance(self._plain, ParetoNbd):
            r, alpha, s, beta = own
            return self._plain.evaluate_by_row(r[0], alpha, s[0], beta)
        value, slope = np.empty(own.shape[1]), np.empty(own.shape)
        for rows, plain in self._groups:
            value[rows], slope[:, rows] = plain._evaluate(own[:, rows[0]])
        return value, slope

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


def fit_covariates(
    groups: pd.DataFrame, *, min_customers: int, min_repeat_customers: int
) -> pd.DataFrame:
    """Fit Pareto/NBD with covariates in words; one row per coefficient.

    Every level of a covariate but the most frequent has a coefficient on the rate of
    purchases and one on the rate of leaving, all in one fit. Levels without enough
    customers, and all beyond the sixth, are put together as `other`; where they are not
    enough even so, they count with the most frequent.

    Args:
        groups: x (repeat purchase days), t_x and T (days), n_customers; every other
            column is a covariate. A row per history and covariates, or several.
            Customers with T <= 0 say nothing, and are left out.
        min_customers: the least customers of a level.
        min_repeat_customers: the least customers of a level who came back.

    Returns:
        process (`purchase` or `attrition`), covariate, level, reference_level,
        n_customers (of the level), coefficient γ (the rate is exp(γ) times that of the
        reference), std_error, ci_lower and ci_upper (95 %), z, p_value,
        adjusted_p_value (Benjamini and Hochberg), log_likelihood,
        log_likelihood_without covariates, status (`fitted`, `not_converged`, or
        `not_told_apart` where other covariates say the same of everybody) and message.
        No rows where no covariate has two levels.

    Raises:
        KeyError: a column is missing.
    """
    names = [str(column) for column in groups if column not in _NOT_COVARIATES]
    seen = groups[groups["T"] > 0].copy()
    for name in names:
        seen[name] = _pooled(seen, name, [min_customers, min_repeat_customers])
    alike = seen.groupby([*_HISTORY, *names])["n_customers"]
    seen = pd.DataFrame(alike.sum().reset_index())
    levels = _levels(seen, names)
    if levels.empty:
        return pd.DataFrame(columns=list(_TYPES)).astype(_TYPES)
    pairs = zip(levels["covariate"], levels["level"], strict=True)
    design = pd.DataFrame(
        {f"{name}: {level}": (seen[name] == level) * 1.0 for name, level in pairs}
    )
    told = _independent(design)
    x, t_x, T, weights = (seen[name] for name in _NOT_COVARIATES)
    model = WithCovariates(
        ParetoNbd,
        x,
        t_x,
        T,
        purchase=design.loc[:, told],
        attrition=design.loc[:, told],
        weights=weights,
    )
    # The coefficients come in this order, too.
    by_process = [levels.assign(process=process) for process in _PROCESSES]
    rows = pd.concat([rows[told] for rows in by_process])
    try:
        plain = ParetoNbd(x, t_x, T, weights).fit()
        fitted = model.fit([*plain.params, *np.zeros(model.n_free)])
    except (NotConvergedError, ArithmeticError) as error:
        rows = rows.assign(status="not_converged", message=str(error))
    else:
        rows = rows.assign(
            log_likelihood=fitted.llf,
            log_likelihood_without=plain.llf,
            status="fitted",
            message="",
        )
        n = model.n_free
        rows = describe(rows, fitted.params[-n:], fitted.bse[-n:])
    untold = pd.concat([rows[~told] for rows in by_process]).assign(
        status="not_told_apart",
        message="The levels before it say already who these customers are.",
    )
    rows = pd.concat([rows, untold], ignore_index=True)
    return rows.reindex(columns=list(_TYPES)).astype(_TYPES)


def _pooled(seen: pd.DataFrame, name: str, least: list[int]) -> pd.Series:
    """Name the levels of a covariate that are too rare `other`."""
    came_back = seen["n_customers"].where(seen["x"] > 0, 0)
    counts = (
        seen.assign(came_back=came_back)
        .groupby(name)[["n_customers", "came_back"]]
        .sum()
        .sort_values("n_customers", ascending=False, kind="stable")
    )
    alone = (counts >= least).all(axis=1) & (np.arange(len(counts)) < _MOST_LEVELS - 1)
    enough = (counts[~alone].sum() >= least).all()
    pool = _OTHER if enough or not alone.any() else counts.index[0]
    return seen[name].where(seen[name].map(alone), pool)


def _levels(seen: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """Every level but the most frequent of each covariate, with its customers."""
    rows = []
    for name in names:
        counts = seen.groupby(name)["n_customers"].sum()
        counts = counts.sort_values(ascending=False, kind="stable")
        rows += [
            (name, level, counts.index[0], n) for level, n in counts.iloc[1:].items()
        ]
    return pd.DataFrame(
        rows, columns=["covariate", "level", "reference_level", "n_customers"]
    )


def _independent(design: pd.DataFrame) -> NDArray[np.bool_]:
    """Which columns no sum of a constant and of those before them makes, shape (k,)."""
    columns = np.column_stack([np.ones(len(design)), design.to_numpy()])
    rest = np.abs(np.diag(np.linalg.qr(columns, mode="r")))
    return np.asarray(rest > 1e-9 * np.linalg.norm(columns, axis=0))[1:]


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
