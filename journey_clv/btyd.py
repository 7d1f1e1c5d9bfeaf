"""Buy-till-you-die models: BG/NBD, MBG/NBD and Pareto/NBD.

Each model is a statsmodels `GenericLikelihoodModel` on weighted distinct histories
`(x, t_x, T)`: x repeat purchases, the last one t_x after the first purchase, seen for
T. Every purchase process is Poisson with rate λ ~ Gamma(r, α); the models differ in
how a customer leaves. The unit of time is the caller's: α and β, and every t, are in
the unit of t_x and T.

Papers:
    FHL: Fader, Hardie, Lee (2005), "Counting Your Customers" the Easy Way.
    BDP: Batislam, Denizel, Filiztekin (2007); HW: Hoppe, Wagner (2007).
    SMC: Schmittlein, Morrison, Colombo (1987), Counting Your Customers.
    FH5: Fader, Hardie (2005), A Note on Deriving the Pareto/NBD Model.

The papers write the models with the hypergeometric function 2F1, which overflows for
heavy buyers and is 0/0 at a = 1 and s = 1. Here the integral that 2F1 stands for is
done by quadrature of positive terms in log space: no cancellation, no singular cases,
and a relative error below 1e-9 (1e-7 for a t of 100,000 times α+T).
"""

from abc import abstractmethod
from typing import ClassVar

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import special

from journey_clv.likelihood import (
    Floats,
    NotConvergedError,
    WeightedLikelihoodModel,
    checked_parameters,
    checked_weights,
    vector,
)

# Integrands are dropped where they are below e^-28 of their peak.
_CUT = 28.0
# Rows that are worked on at once, so that what they need stays in the cache.
_ROWS = 4096
# log Γ(r+x)/Γ(r) is tabulated up to the largest x.
_MAX_COUNT = 10**7
_TINY = 1e-300


class BuyTillYouDie(WeightedLikelihoodModel):
    """What the three models share: weighted distinct histories and predictions.

    Args:
        x: repeat purchases, whole numbers, shape (n,).
        t_x: time of the last purchase, 0 where x = 0, shape (n,).
        T: time observed, shape (n,).
        weights: customers with that history, shape (n,); one each by default.

    Raises:
        ValueError: a history that cannot be, or no customer at all.
    """

    row_name: ClassVar[str] = "(x, t_x, T)"

    def __init__(
        self,
        x: ArrayLike,
        t_x: ArrayLike,
        T: ArrayLike,
        weights: ArrayLike | None = None,
    ) -> None:
        """Check and keep the histories; see the class for the arguments."""
        self.x, self.t_x, self.T = checked_histories(x, t_x, T)
        if self.x.ndim != 1:
            raise ValueError("x, t_x and T must be one-dimensional.")
        self.weights = checked_weights(weights, len(self.x))
        self._count = self.x.astype(np.int64)
        self._distinct_T = pd.factorize(self.T)
        self._distinct_t_x = pd.factorize(self.t_x)
        super().__init__(self.x)

    def _time_scale(self) -> float:
        scale = float(np.sum(self.weights * self.T)) / self.n_customers
        return scale if scale > 0 else 1.0

    def _check_fittable(self) -> None:
        check_somebody_came_back(self.x, self.weights)

    @staticmethod
    @abstractmethod
    def p_alive(
        params: ArrayLike, x: ArrayLike, t_x: ArrayLike, T: ArrayLike
    ) -> Floats:
        """P(alive at T | x, t_x, T), the arrays broadcast."""

    @staticmethod
    @abstractmethod
    def expected_orders_if_alive(
        params: ArrayLike, t: ArrayLike, x: ArrayLike, T: ArrayLike
    ) -> Floats:
        """E[purchases in (T, T+t] | alive at T, x, T], which does not involve t_x."""

    @staticmethod
    @abstractmethod
    def expected_orders_new(params: ArrayLike, t: ArrayLike) -> Floats:
        """E[X(t)]: repeat purchases of a new customer in the time t from the first."""

    @classmethod
    def expected_orders(
        cls,
        params: ArrayLike,
        t: ArrayLike,
        x: ArrayLike,
        t_x: ArrayLike,
        T: ArrayLike,
    ) -> Floats:
        """E[Y(t) | x, t_x, T]: purchases in (T, T+t], the arrays broadcast."""
        alive = cls.p_alive(params, x, t_x, T)
        return np.asarray(alive * cls.expected_orders_if_alive(params, t, x, T))


class BgNbd(BuyTillYouDie):
    """BG/NBD: after each repeat purchase a customer leaves with p ~ Beta(a, b).

    FHL equation (6). The second term, over the first, is the odds of having left:

        L = Γ(r+x)/Γ(r) α^r (α+T)^-(r+x) B(a, b+x)/B(a, b) (1 + D)
        D = [x > 0] a/(b+x-1) ((α+T)/(α+t_x))^(r+x)
    """

    names = ("r", "alpha", "a", "b")
    # Chances to leave that come before the first repeat purchase.
    _early_exits: ClassVar[int] = 0

    def _start(self) -> Floats:
        return np.array([1.0, self._time_scale(), 1.0, 2.0])

    def _scale(self) -> Floats:
        return np.array([1.0, self._time_scale(), 1.0, 1.0])

    def _evaluate(self, params: Floats) -> tuple[Floats, Floats]:
        r, alpha, a, b = params
        # Logarithms and sums once per distinct x, t_x and T; then looked up.
        steps = np.arange(self._count.max() + 1 + self._early_exits)
        rate_value, rate_slope = log_rising(r, steps)
        stay_b, slope_b = log_rising(b, steps)
        stay_ab, slope_ab = log_rising(a + b, steps)
        exits = steps[self._early_exits :]
        x = np.arange(len(exits))
        before = b + np.maximum(exits, 1) - 1
        odds_at_x = np.where(exits > 0, np.log(a / before), -np.inf)

        count = self._count
        (at_T, T), (at_t_x, t_x) = self._distinct_T, self._distinct_t_x
        log_end = np.log(alpha + T)[at_T]
        gap = log_end - np.log(alpha + t_x)[at_t_x]
        shape = r + self.x
        left, log_rest = _left(odds_at_x[count] + shape * gap)
        value = (rate_value[x] + stay_b[exits] - stay_ab[exits])[count]
        value += r * np.log(alpha) - shape * log_end - log_rest
        near_end = (1 / (alpha + T))[at_T]
        near_last = (1 / (alpha + t_x))[at_t_x]
        gradient = np.empty((4, len(count)))
        gradient[0] = rate_slope[count] + (np.log(alpha) - log_end + left * gap)
        gradient[1] = r / alpha - shape * (near_end + left * (near_last - near_end))
        gradient[2] = left / a - slope_ab[exits][count]
        gradient[3] = (slope_b - slope_ab)[exits][count] - left * (1 / before)[count]
        return value, gradient

    @classmethod
    def p_alive(
        cls, params: ArrayLike, x: ArrayLike, t_x: ArrayLike, T: ArrayLike
    ) -> Floats:
        """P(alive at T | x, t_x, T) = 1 / (1 + D), D as in the class.

        BG/NBD gives 1 to everybody with x = 0, for nobody leaves before x = 1.
        """
        r, alpha, a, b = checked_parameters(params, cls.names)
        x, t_x, T = np.broadcast_arrays(*checked_histories(x, t_x, T))
        exits = x + cls._early_exits
        odds = np.log(a / (b + np.maximum(exits, 1) - 1))
        odds = odds + (r + x) * np.log1p((T - t_x) / (alpha + t_x))
        return np.where(exits > 0, special.expit(-odds), 1.0)

    @classmethod
    def expected_orders_if_alive(
        cls, params: ArrayLike, t: ArrayLike, x: ArrayLike, T: ArrayLike
    ) -> Floats:
        """FHL equation (10) over P(alive): equation (9) with r+x, α+T, a, b+x."""
        r, alpha, a, b = checked_parameters(params, cls.names)
        t, x, T = np.broadcast_arrays(_times(t), _counts(x), _times(T))
        flat = _expected_geometric(
            t.reshape(-1, 1),
            (r + x).ravel(),
            (alpha + T).ravel(),
            a,
            (b + x).ravel() + cls._early_exits,
            _node_count(a, b),
        )
        return flat.reshape(t.shape)

    @classmethod
    def expected_orders_new(cls, params: ArrayLike, t: ArrayLike) -> Floats:
        """FHL equation (9), times b/(a+b) for MBG/NBD's exits at time 0.

        E[X(t)] = E[(1 - exp(-λpt)) / p] over λ ~ Gamma(r, α) and p ~ Beta(a, b).
        """
        r, alpha, a, b = checked_parameters(params, cls.names)
        t = _times(t)
        stay = b / (a + b) if cls._early_exits else 1.0
        flat = _expected_geometric(
            t.reshape(1, -1),
            np.array([r]),
            np.array([alpha]),
            a,
            np.array([b + cls._early_exits]),
            _node_count(a, b),
        )
        return stay * flat.reshape(t.shape)


class MbgNbd(BgNbd):
    """MBG/NBD: as BG/NBD, but a customer may also leave at the first purchase.

    BDP and HW: B(a, b+x+1) in place of B(a, b+x), and the odds of having left are

        D = a/(b+x) ((α+T)/(α+t_x))^(r+x)

    for every x, so that one-time buyers too are not surely alive.
    """

    _early_exits: ClassVar[int] = 1


class ParetoNbd(BuyTillYouDie):
    """Pareto/NBD: a customer leaves at the rate μ ~ Gamma(s, β).

    SMC; the likelihood of FH5, before its integral over the time τ of leaving is
    written with 2F1:

        L = Γ(r+x)/Γ(r) α^r β^s (α+T)^-(r+x) (β+T)^-s (1 + D)
        D = s ∫ from t_x to T of
            ((α+T)/(α+τ))^(r+x) ((β+T)/(β+τ))^s dτ / (β+τ)
    """

    names = ("r", "alpha", "s", "beta")

    def _start(self) -> Floats:
        return np.array([1.0, self._time_scale(), 1.0, self._time_scale()])

    def _scale(self) -> Floats:
        return self._start()

    def _evaluate(self, params: Floats) -> tuple[Floats, Floats]:
        return self.evaluate_by_row(*params)

    def evaluate_by_row(
        self, r: float, alpha: float | Floats, s: float, beta: float | Floats
    ) -> tuple[Floats, Floats]:
        """Log L (n,) and its gradient (4, n); α and β of all, or of each row (n,)."""
        x, T = self.x, self.T
        rate_value, rate_slope = log_rising(r, np.arange(self._count.max() + 1))
        odds, means = _pareto_odds(r, alpha, s, beta, x, self.t_x, T)
        left = special.expit(odds)
        log_end, log_gone = np.log(alpha + T), np.log(beta + T)
        value = (
            rate_value[self._count]
            + r * np.log(alpha)
            + s * np.log(beta)
            - (r + x) * log_end
            - s * log_gone
            + np.logaddexp(0.0, odds)
        )
        # The gradient had the customer stayed, plus P(left) times what leaving adds.
        log_alpha, near_alpha, log_beta, near_beta = means
        gradient = np.stack(
            [
                rate_slope[self._count]
                + np.log(alpha)
                - log_end
                + left * (log_end - log_alpha),
                r / alpha
                - (r + x) / (alpha + T)
                + left * (r + x) * (1 / (alpha + T) - near_alpha),
                np.log(beta) - log_gone + left * (1 / s + log_gone - log_beta),
                s / beta
                - s / (beta + T)
                + left * (s / (beta + T) - (s + 1) * near_beta),
            ]
        )
        return value, gradient

    @classmethod
    def p_alive(
        cls, params: ArrayLike, x: ArrayLike, t_x: ArrayLike, T: ArrayLike
    ) -> Floats:
        """P(alive at T | x, t_x, T) = 1 / (1 + D), D as in the class (SMC A11-A13)."""
        r, alpha, s, beta = checked_parameters(params, cls.names)
        x, t_x, T = np.broadcast_arrays(*checked_histories(x, t_x, T))
        odds, _ = _pareto_odds(r, alpha, s, beta, x.ravel(), t_x.ravel(), T.ravel())
        return special.expit(-odds).reshape(x.shape)

    @classmethod
    def expected_orders_if_alive(
        cls, params: ArrayLike, t: ArrayLike, x: ArrayLike, T: ArrayLike
    ) -> Floats:
        """FH5 equation (41) over P(alive): E[X(t)] with r+x, α+T, s, β+T."""
        r, alpha, s, beta = checked_parameters(params, cls.names)
        t, x, T = np.broadcast_arrays(_times(t), _counts(x), _times(T))
        return np.asarray((r + x) / (alpha + T) * _time_alive(t, s, beta + T))

    @classmethod
    def expected_orders_new(cls, params: ArrayLike, t: ArrayLike) -> Floats:
        """FH5 equation (27): E[X(t)] = rβ/(α(s-1)) (1 - (β/(β+t))^(s-1))."""
        r, alpha, s, beta = checked_parameters(params, cls.names)
        t = _times(t)
        return np.asarray(r / alpha * _time_alive(t, s, np.full(t.shape, beta)))


def discounted_orders_if_alive(
    model: type[BuyTillYouDie],
    params: ArrayLike,
    horizons: ArrayLike,
    delta: ArrayLike,
    x: ArrayLike,
    T: ArrayLike,
) -> tuple[Floats, Floats]:
    """Expected and discounted orders in (T, T+h] of customers who are alive at T.

    With V(t) the expectation, the discounted one is, by parts,

        ∫ from 0 to h of exp(-δt) dV(t)
            = exp(-δh) V(h) + δ ∫ from 0 to h of exp(-δt) V(t) dt

    Args:
        model: one of the three models.
        params: its parameters, in the order of `model.names`.
        horizons: h, shape (k,).
        delta: discount rate δ per unit of time, not negative; one for each horizon,
            shape (k,), or for all.
        x: repeat purchases, shape (n,).
        T: time observed, shape (n,).

    Returns:
        Two arrays of shape (n, k): V(h), and V(h) discounted.
    """
    values = checked_parameters(params, model.names)
    horizons, x, T = _times(horizons), _counts(x), _times(T)
    deltas = np.broadcast_to(np.asarray(delta, np.float64), horizons.shape)
    if (deltas < 0).any():
        raise ValueError(f"The discount rate must not be negative, not {deltas.min()}.")
    # V bends on the scale of α+T, or β+T: equal steps in log(1 + t/scale) follow it.
    least = min(values[1], values[3]) if model is ParetoNbd else values[1]
    scale = least + T
    expected = np.empty((len(x), len(horizons)))
    discounted = np.empty_like(expected)
    if not deltas.any():
        orders = _expected_grid(model, values, np.tile(horizons, (len(x), 1)), x, T)
        return orders, orders.copy()
    for j, (h, rate) in enumerate(zip(horizons, deltas, strict=True)):
        # In it V is analytic up to π from the real line: that sets the rate at which
        # Gauss-Legendre converges, here to 1e-10 at the smallest scale there can be.
        longest = max(float(np.log1p(h / least)), 0.1)
        nodes, node_weights = _legendre(3 + int(12 / np.arcsinh(2 * np.pi / longest)))
        reach = np.log1p(h / scale)[:, None]
        t = np.minimum(scale[:, None] * np.expm1(reach * nodes), h)
        dt = (scale[:, None] + t) * reach * node_weights
        t = np.column_stack([t, np.full(len(x), h)])
        orders = _expected_grid(model, values, t, x, T)
        expected[:, j] = orders[:, -1]
        held = np.sum(np.exp(-rate * t[:, :-1]) * orders[:, :-1] * dt, axis=1)
        discounted[:, j] = np.exp(-rate * h) * orders[:, -1] + rate * held
    return expected, discounted


def _expected_grid(
    model: type[BuyTillYouDie], params: Floats, t: Floats, x: Floats, T: Floats
) -> Floats:
    """`expected_orders_if_alive` at t (n, k) for x, T (n,), sharing the nodes of p."""
    if not issubclass(model, BgNbd):
        return model.expected_orders_if_alive(params, t, x[:, None], T[:, None])
    r, alpha, a, b = params
    exits = x + model._early_exits
    return _expected_geometric(t, r + x, alpha + T, a, b + exits, _node_count(a, b))


def log_rising(start: float, steps: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Return log Γ(start+n)/Γ(start) and its derivative for n = 0, 1, ….

    Sums, because the difference of two log Γ loses its digits for a large start.
    """
    terms = start + steps[:-1]
    value, slope = np.zeros(len(steps)), np.zeros(len(steps))
    np.cumsum(np.log(terms), out=value[1:])
    np.cumsum(1 / terms, out=slope[1:])
    return value, slope


def _left(odds: Floats) -> tuple[Floats, Floats]:
    """Return P(left) = D/(1+D) and log P(alive) = -log(1+D), from log D."""
    small = np.exp(-np.abs(odds))
    left = np.where(odds > 0, 1.0, small) / (1 + small)
    return left, -(np.maximum(odds, 0.0) + np.log1p(small))


def _node_count(a: float, b: float) -> int:
    """Nodes that `_expected_geometric` needs; enough for every larger b."""
    variance = 1 / (a + 1) + 1 / (b + 1)
    width = _CUT * variance + 2 * np.sqrt(2 * _CUT * variance)
    return int(np.ceil(width / min(0.35, 0.5 * np.sqrt(variance)))) + 1


def _expected_geometric(
    t: Floats, r: Floats, alpha: Floats, a: float, b: Floats, n_nodes: int
) -> Floats:
    """E[(1 - exp(-λpt)) / p] over λ ~ Gamma(r, α) and p ~ Beta(a, b).

    Given p, the mean over λ is h(p) = (1 - (1+pt/α)^-r) / p, which falls from rt/α.
    Its mean over p is integrated in u = logit(p), by the trapezoid rule, which is
    exact to rounding for an integrand that is smooth and dies at both ends. To make it
    die at least as fast as exp(-|u|) however small a and b are, h(1) is taken out and
    a is raised by one through integration by parts:

        E_{a,b}[h] = h(1) + E_{a+1,b}[h - h(1) - (1-p) h'/(a+b)]

    whose terms are all positive.

    Args:
        t: times, shape (n, k) or (1, k).
        r: shape (n,).
        alpha: shape (n,).
        a: the same for all.
        b: shape (n,).
        n_nodes: points of the trapezoid rule.

    Returns:
        Shape (n, k).
    """
    result = np.empty((len(r), t.shape[1]))
    rows = max(1, _ROWS * 64 // n_nodes)
    grid = np.linspace(0.0, 1.0, n_nodes)
    for first in range(0, len(r), rows):
        part = slice(first, first + rows)
        r_, alpha_, b_ = r[part, None], alpha[part, None], b[part, None]
        spread = np.sqrt(2 * _CUT * (1 / (a + 1) + 1 / (b_ + 1)))
        low = np.log((a + 1) / (b_ + 1)) - _CUT / (a + 1) - spread
        high = np.log((a + 1) / (b_ + 1)) + _CUT / (b_ + 1) + spread
        u = low + (high - low) * grid
        p = special.expit(u)
        log_weight = (
            special.log_expit(u) * (a + 1)
            + special.log_expit(-u) * b_
            - special.betaln(a + 1, b_)
        )
        weight = np.exp(log_weight) * (high - low) / (n_nodes - 1)
        # With 1 - (1+pz)^-r = -fall, h = -fall/p and h' = (rz(1+fall)/(1+pz) - h)/p.
        slope_weight = weight * special.expit(-u) / (p * (a + b_))
        h_weight = (weight + slope_weight) / p
        total = np.sum(weight, axis=1)
        for j in range(t.shape[1]):
            z = t[part, j, None] / alpha_
            pz = p * z
            fall = np.expm1(-r_ * np.log1p(pz))
            h_one = -np.expm1(-r_ * np.log1p(z))[:, 0]
            pz += 1
            pz = (fall + 1) / pz
            result[part, j] = (
                h_one * (1 - total)
                - np.einsum("ij,ij->i", fall, h_weight)
                - (r_ * z)[:, 0] * np.einsum("ij,ij->i", pz, slope_weight)
            )
    return result


def _pareto_odds(
    r: float,
    alpha: float | Floats,
    s: float,
    beta: float | Floats,
    x: Floats,
    t_x: Floats,
    T: Floats,
) -> tuple[Floats, Floats]:
    """Return log D of Pareto/NBD (n,), and means over the time τ of leaving (4, n).

    The means, of log(α+τ), 1/(α+τ), log(β+τ) and 1/(β+τ), are over the density that D
    integrates. Gauss-Legendre in y = log((κ+τ)/(κ+t_x)) with κ = min(α, β), where the
    integrand is close to an exponential, up to the T at which it has become nothing.
    """
    alphas, betas = np.broadcast_to(alpha, x.shape), np.broadcast_to(beta, x.shape)
    nodes, node_weights = _legendre(20)
    odds, means = np.empty(len(x)), np.empty((4, len(x)))
    for first in range(0, len(x), _ROWS):
        part = slice(first, first + _ROWS)
        shape, alpha, beta = r + x[part], alphas[part], betas[part]
        start_alpha, start_beta = alpha + t_x[part], beta + t_x[part]
        span = T[part] - t_x[part]
        # Beyond these the rest of the integral is below e^-28 of the whole.
        for tail, start in ((shape - 1, start_alpha), (s, start_beta)):
            steps = np.minimum(_CUT / np.maximum(tail, _CUT / 50), 50.0)
            span = np.minimum(span, start * np.expm1(steps))
        start = np.minimum(start_alpha, start_beta)
        reach = np.log1p(span / start)
        y = reach[:, None] * nodes
        gap = start[:, None] * np.expm1(y)
        # Of the two logarithms one is y itself, with one α and β for all the same one.
        is_y = alpha <= beta
        by_alpha = y if is_y.all() else np.log1p(gap / start_alpha[:, None])
        by_beta = np.log1p(gap / start_beta[:, None]) if is_y.any() else y
        near_alpha = 1 / (gap + start_alpha[:, None])
        near_beta = 1 / (gap + start_beta[:, None])
        density = np.exp(y - shape[:, None] * by_alpha - s * by_beta)
        density *= near_beta
        density *= node_weights
        total = np.maximum(np.sum(density, axis=1), _TINY)
        odds[part] = (
            np.log(s)
            + shape * np.log((alpha + T[part]) / start_alpha)
            + s * np.log((beta + T[part]) / start_beta)
            + np.log(np.maximum(total * start * reach, _TINY))
        )
        for row, values in enumerate((by_alpha, near_alpha, by_beta, near_beta)):
            means[row, part] = np.einsum("ij,ij->i", density, values) / total
        means[0, part] += np.log(start_alpha)
        means[2, part] += np.log(start_beta)
    return odds, means


def _time_alive(t: Floats, s: float, beta: Floats) -> Floats:
    """Mean time alive within t, β/(s-1) (1 - (β/(β+t))^(s-1)); whole at s = 1."""
    log_ratio = np.log1p(t / beta)
    return np.asarray(beta * log_ratio * special.exprel((1 - s) * log_ratio))


def _legendre(n: int) -> tuple[Floats, Floats]:
    """Gauss-Legendre nodes and weights on [0, 1]."""
    nodes, weights = np.polynomial.legendre.leggauss(n)
    return (nodes + 1) / 2, weights / 2


def _times(values: ArrayLike) -> Floats:
    array = vector(values)
    if not (np.isfinite(array) & (array >= 0)).all():
        raise ValueError("A time must be a finite number, and not negative.")
    return array


def _counts(values: ArrayLike) -> Floats:
    array = _times(values)
    if not ((array == np.floor(array)) & (array <= _MAX_COUNT)).all():
        raise ValueError("x must be a whole number of repeat purchases, up to 10^7.")
    return array


def checked_histories(
    x: ArrayLike, t_x: ArrayLike, T: ArrayLike
) -> tuple[Floats, Floats, Floats]:
    """Return the three as floats, or raise a ValueError that says what is wrong."""
    x, t_x, T = _counts(x), _times(t_x), _times(T)
    if (t_x > T).any():
        raise ValueError("t_x, the last purchase, must not be after T.")
    if ((x == 0) & (t_x > 0)).any():
        raise ValueError("t_x must be 0 where x, the repeat purchases, is 0.")
    return x, t_x, T


def check_somebody_came_back(x: Floats, weights: Floats) -> None:
    """Raise a NotConvergedError if no customer bought again."""
    if not np.any(weights[x > 0] > 0):
        raise NotConvergedError(
            "No customer bought again: the purchase rate cannot be told from zero."
        )
