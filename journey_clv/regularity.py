"""MBG/CNBD-k: buying till death for customers who buy at regular intervals.

RPS: Reutterer, Platzer, Schröder (2021), Leveraging purchase regularity for predicting
customer behavior the easy way. The gaps between purchases are Erlang-k with a rate
λ ~ Gamma(r, α): the larger k, the more like clockwork. After each purchase, the first
too, a customer leaves with p ~ Beta(a, b). MBG/NBD is k = 1.

Sums over Erlang phases take the place of the paper's approximations: an Erlang-k gap is
k steps of a Poisson process, of which only each k-th is seen. So

    L = Γ(r+kx)/Γ(r) α^r (α+T)^-(r+kx) B(a, b+x+1)/B(a, b) (A + D) G
    A = Σ over j < k of Γ(r+kx+j)/(Γ(r+kx) j!) ((T-t_x)/(α+T))^j
    D = a/(b+x) ((α+T)/(α+t_x))^(r+kx)
    G = exp((k-1) Σ log gap) / (k-1)!^x

where j is the number of unseen steps since the last purchase. G has no parameter in it,
and decides between one k and another.
"""

from typing import ClassVar

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import special

from journey_clv.btyd import (
    check_somebody_came_back,
    checked_histories,
    log_rising,
)
from journey_clv.fits import CAME_BACK, SEEN_A_DAY, lack_of
from journey_clv.likelihood import (
    Floats,
    NotConvergedError,
    WeightedLikelihoodModel,
    WeightedResults,
    checked_parameters,
    checked_weights,
    vector,
)

MAX_K = 12
_TYPES = {
    "k": "int64",
    "r": "float64",
    "alpha": "float64",
    "a": "float64",
    "b": "float64",
    "log_likelihood": "float64",
    "n_customers": "int64",
    "is_best": "bool",
    "status": "str",
    "message": "str",
}
# Terms of a sum are dropped where together they are below this share of it.
_TAIL = 1e-10


class MbgCnbd(WeightedLikelihoodModel):
    """MBG/CNBD-k for one k, which is not estimated: see `fit_regularity`.

    Args:
        k: steps in a gap between purchases, 1 or more.
        x: repeat purchases, whole numbers, shape (n,).
        t_x: time of the last purchase, 0 where x = 0, shape (n,).
        T: time observed, shape (n,).
        log_gaps: sum of the logarithms of the x gaps between purchases, in the unit of
            t_x; the mean of it where a row stands for several customers; shape (n,).
        weights: customers with that history, shape (n,); one each by default.

    Raises:
        ValueError: a history that cannot be, no customer at all, or a k below 1.
    """

    names = ("r", "alpha", "a", "b")
    row_name: ClassVar[str] = "(x, t_x, T)"

    def __init__(
        self,
        k: int,
        x: ArrayLike,
        t_x: ArrayLike,
        T: ArrayLike,
        log_gaps: ArrayLike,
        weights: ArrayLike | None = None,
    ) -> None:
        """Check and keep the histories; see the class for the arguments."""
        if k < 1:
            raise ValueError(f"k must be 1 or more, not {k}.")
        self.k = k
        self.x, self.t_x, self.T = checked_histories(x, t_x, T)
        self.weights = checked_weights(weights, len(self.x))
        self._count = self.x.astype(np.int64)
        log_gaps = vector(log_gaps)
        if log_gaps.shape != self.x.shape or not np.isfinite(log_gaps).all():
            raise ValueError("log_gaps must be a finite number for each history.")
        self._log_gaps = (k - 1) * log_gaps - self.x * special.gammaln(k)
        super().__init__(self.x)

    def _start(self) -> Floats:
        return np.array([1.0, self._scale()[1], 1.0, 2.0])

    def _scale(self) -> Floats:
        age = float(np.sum(self.weights * self.T)) / self.n_customers
        return np.array([1.0, (age if age > 0 else 1.0) / self.k, 1.0, 1.0])

    def _check_fittable(self) -> None:
        check_somebody_came_back(self.x, self.weights)

    def _evaluate(self, params: Floats) -> tuple[Floats, Floats]:
        r, alpha, a, b = params
        x, t_x, T, count = self.x, self.t_x, self.T, self._count
        most = int(count.max())
        rate_value, rate_slope = log_rising(r, np.arange(self.k * most + 1))
        stay_b, slope_b = log_rising(b, np.arange(most + 2))
        stay_ab, slope_ab = log_rising(a + b, np.arange(most + 2))
        shape = r + self.k * x
        terms = _phases(self.k, shape, (T - t_x) / (alpha + T))
        alive = terms.sum(axis=0)
        # d/ds of Γ(s+j)/Γ(s) is itself times the sum of 1/(s+i), i < j.
        steps = np.arange(self.k)
        log_slopes = np.zeros_like(terms)
        np.cumsum(1 / (shape + steps[:-1, None]), axis=0, out=log_slopes[1:])
        alive_by_shape = (terms * log_slopes).sum(axis=0) / alive
        mean_phase = (terms * steps[:, None]).sum(axis=0) / alive
        gap = np.log((alpha + T) / (alpha + t_x))
        log_odds = np.log(a / (b + x)) + shape * gap - np.log(alive)
        left = special.expit(log_odds)
        value = (
            rate_value[self.k * count]
            + (stay_b - stay_ab)[count + 1]
            + r * np.log(alpha)
            - shape * np.log(alpha + T)
            + np.log(alive)
            + np.logaddexp(0.0, log_odds)
            + self._log_gaps
        )
        gradient = np.stack(
            [
                rate_slope[self.k * count]
                + np.log(alpha / (alpha + T))
                + (1 - left) * alive_by_shape
                + left * gap,
                r / alpha
                - shape / (alpha + T)
                - (1 - left) * mean_phase / (alpha + T)
                + left * shape * (1 / (alpha + T) - 1 / (alpha + t_x)),
                left / a - slope_ab[count + 1],
                (slope_b - slope_ab)[count + 1] - left / (b + x),
            ]
        )
        return value, gradient

    def p_alive(
        self, params: ArrayLike, x: ArrayLike, t_x: ArrayLike, T: ArrayLike
    ) -> Floats:
        """P(alive at T | x, t_x, T) = A / (A + D), A and D as above; shape (m,)."""
        r, alpha, a, b = checked_parameters(params, self.names)
        x, t_x, T = checked_histories(x, t_x, T)
        shape = r + self.k * x
        alive = _phases(self.k, shape, (T - t_x) / (alpha + T)).sum(axis=0)
        log_odds = np.log(a / (b + x)) + shape * np.log((alpha + T) / (alpha + t_x))
        return np.asarray(special.expit(np.log(alive) - log_odds))

    def expected_orders(
        self,
        params: ArrayLike,
        t: ArrayLike,
        x: ArrayLike,
        t_x: ArrayLike,
        T: ArrayLike,
    ) -> Floats:
        """E[Y(t) | x, t_x, T]: purchases in (T, T+t], shape (m,).

        Who is alive at T and j steps past the last purchase buys for the n-th time once
        there are nk - j more, if they have not left before; summed over n and j:

            P(alive) Σ_n B(a, b+x+n)/B(a, b+x+1) Σ_j P(j) I_{t/(α+T+t)}(nk-j, r+kx+j)

        with P(j) in proportion to the terms of A, and I the regularised incomplete beta
        function: the chance of that many steps in a time t.
        """
        r, alpha, a, b = checked_parameters(params, self.names)
        x, t_x, T = checked_histories(x, t_x, T)
        t = np.broadcast_to(vector(t), x.shape)
        shape = r + self.k * x
        phases = _phases(self.k, shape, (T - t_x) / (alpha + T))
        phases /= phases.sum(axis=0)
        expected = self._expected(t / (alpha + T + t), shape, a, b + x + 1, phases)
        return np.asarray(self.p_alive(params, x, t_x, T) * expected)

    def expected_orders_new(self, params: ArrayLike, t: ArrayLike) -> Floats:
        """E[X(t)]: repeat purchases of a new customer in the time t, shape (m,).

        Σ_n B(a, b+n)/B(a, b) I_{t/(α+t)}(nk, r)
        """
        r, alpha, a, b = checked_parameters(params, self.names)
        t = np.atleast_1d(vector(t))
        now = np.zeros((self.k, len(t)))
        now[0] = 1
        shape, stays = np.full(len(t), r), np.full(len(t), b + 1)
        # Who has not left at once is like one who is alive and has bought just now.
        expected = self._expected(t / (alpha + t), shape, a, stays, now)
        return np.asarray(b / (a + b) * expected)

    def _expected(
        self, share: Floats, shape: Floats, a: float, b: Floats, phases: Floats
    ) -> Floats:
        """Σ_n B(a, b+n-1)/B(a, b) Σ_j phases_j I_share(nk-j, shape+j); shape (m,)."""
        total = np.zeros(len(shape))
        stay = np.ones(len(shape))
        still = np.arange(len(shape))
        n = 0
        while len(still):
            n += 1
            chance = np.zeros(len(still))
            for j in range(self.k):
                chance += phases[j, still] * special.betainc(
                    n * self.k - j, shape[still] + j, share[still]
                )
            added = stay[still] * chance
            total[still] += added
            here = b[still] + n - 1
            stay[still] *= here / (a + here)
            # Once the terms fall, what is left is less than n times the last of them.
            still = still[(n < 3) | (added * n > _TAIL * total[still])]
        return total


def try_regularities(
    x: ArrayLike,
    t_x: ArrayLike,
    T: ArrayLike,
    log_gaps: ArrayLike,
    weights: ArrayLike | None = None,
    max_k: int = MAX_K,
) -> list[WeightedResults]:
    """Fit MBG/CNBD-k for k = 1, 2, … until the likelihood falls, as RPS do.

    Returns:
        The fits in the order of k, `results.model.k`; the likelihood has one maximum
        in k, so that the best is the last or the last but one.

    Raises:
        NotConvergedError: not even k = 1 has a maximum.
    """
    tried: list[WeightedResults] = []
    for k in range(1, max_k + 1):
        try:
            tried.append(MbgCnbd(k, x, t_x, T, log_gaps, weights).fit())
        except NotConvergedError:
            if not tried:
                raise
            break
        if k > 1 and tried[-1].llf < tried[-2].llf:
            break
    return tried


def fit_regularity(
    x: ArrayLike,
    t_x: ArrayLike,
    T: ArrayLike,
    log_gaps: ArrayLike,
    weights: ArrayLike | None = None,
    max_k: int = MAX_K,
) -> WeightedResults:
    """Fit MBG/CNBD-k with the k that `try_regularities` finds best.

    Raises:
        NotConvergedError: not even k = 1 has a maximum; or the likelihood still rises
            at `max_k`, and such customers had better be forecast by the calendar.
    """
    tried = try_regularities(x, t_x, T, log_gaps, weights, max_k)
    best = max(tried, key=lambda result: result.llf)
    if best.model.k == max_k:
        raise NotConvergedError(_by_calendar(max_k))
    return best


def describe_regularity(
    groups: pd.DataFrame, *, min_customers: int, min_repeat_customers: int
) -> pd.DataFrame:
    """How regularly customers buy: one row per k that was tried.

    Args:
        groups: x (repeat purchase days), t_x and T (days), log_gaps (mean of the sum of
            the logarithms of the gaps), n_customers; a row per history. Customers with
            T <= 0 say nothing, and are left out.
        min_customers: with fewer customers, nothing is fitted.
        min_repeat_customers: the same for those who came back.

    Returns:
        k; r, alpha, a and b; log_likelihood; n_customers; is_best; status (`fitted`,
        `too_little_data` or `not_converged`) and message, which says why nothing was
        fitted, or that the likelihood still rises at the last k. Where nothing was
        fitted, one row with k = 1 and no numbers.

    Raises:
        KeyError: a column is missing.
    """
    # In one order, whatever the threads: sums depend on it.
    seen = groups[groups["T"] > 0].sort_values(["x", "t_x", "T"])
    weights = seen["n_customers"]
    row = {"k": 1, "n_customers": int(weights.sum()), "message": ""}
    lack = lack_of(weights.sum(), max(min_customers, 1), SEEN_A_DAY) or lack_of(
        weights[seen["x"] > 0].sum(), min_repeat_customers, CAME_BACK
    )
    if lack:
        return _rows([row | {"status": "too_little_data", "message": lack}])
    try:
        tried = try_regularities(
            seen["x"], seen["t_x"], seen["T"], seen["log_gaps"], weights
        )
    except (NotConvergedError, ValueError) as error:
        return _rows([row | {"status": "not_converged", "message": str(error)}])
    best = max(result.llf for result in tried)
    return _rows(
        [
            row
            | dict(zip(MbgCnbd.names, result.params, strict=True))
            | {
                "k": result.model.k,
                "log_likelihood": result.llf,
                "is_best": result.llf == best,
                "status": "fitted",
                "message": _by_calendar(MAX_K) if result.model.k == MAX_K else "",
            }
            for result in tried
        ]
    )


def _by_calendar(k: int) -> str:
    return f"The likelihood still rises at k = {k}: the customers buy by the calendar."


def _rows(rows: list[dict[str, object]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows).reindex(columns=list(_TYPES))
    frame["is_best"] = frame["is_best"].astype("boolean").fillna(False)
    return frame.astype(_TYPES)


def _phases(k: int, shape: Floats, share: Floats) -> Floats:
    """The terms of A: Γ(s+j)/(Γ(s) j!) share^j for j < k; shape (k, n)."""
    terms = np.ones((k, len(shape)))
    for j in range(1, k):
        terms[j] = terms[j - 1] * (shape + j - 1) / j * share
    return terms
