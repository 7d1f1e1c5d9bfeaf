"""MBG/CNBD-k against MBG/NBD, against brute force, and against simulated customers."""

import numpy as np
import pandas as pd
import pytest
from conftest import lifetimes_data
from scipy import integrate, stats
from statsmodels.tools.numdiff import approx_fprime

from journey_clv.btyd import MbgNbd
from journey_clv.likelihood import NotConvergedError
from journey_clv.regularity import MbgCnbd, describe_regularity, fit_regularity

# Weeks; r, alpha, a, b. With k steps in a gap, alpha is of a step.
TYPICAL = np.array([0.9, 3.0, 0.7, 3.0])

pytestmark = pytest.mark.usefixtures("warnings_are_errors")


@pytest.fixture(scope="module")
def cdnow():
    frame = lifetimes_data("cdnow_customers_summary")
    return [frame[name].to_numpy() for name in ("frequency", "recency", "T")]


def simulate(k, params, T, seed):
    """Histories up to T with the sum of log gaps, the orders in (T, 2T], who lives."""
    rng = np.random.default_rng(seed)
    r, alpha, a, b = params
    n = len(T)
    rate = rng.gamma(r, 1 / alpha, n)
    exit_chance = rng.beta(a, b, n)
    x, t_x, later, log_gaps, now = (np.zeros(n) for _ in range(5))
    left_at = np.where(rng.random(n) < exit_chance, 0.0, np.inf)
    active = np.flatnonzero(np.isinf(left_at))
    while len(active):
        gap = rng.gamma(k, 1 / rate[active])
        now[active] += gap
        within = now[active] < 2 * T[active]
        active, gap = active[within], gap[within]
        early = now[active] < T[active]
        x[active[early]] += 1
        t_x[active[early]] = now[active[early]]
        log_gaps[active[early]] += np.log(gap[early])
        later[active[~early]] += 1
        leaves = rng.random(len(active)) < exit_chance[active]
        left_at[active[leaves]] = now[active[leaves]]
        active = active[~leaves]
    return x, t_x, log_gaps, later, left_at > T


def test_k_of_one_is_mbg_nbd(cdnow):
    x, t_x, T = cdnow
    ours = MbgCnbd(1, x, t_x, T, np.zeros(len(x)))
    theirs = MbgNbd(x, t_x, T)
    result = ours.fit()
    np.testing.assert_allclose(result.params, theirs.fit().params, rtol=1e-6)
    params = result.params
    np.testing.assert_allclose(
        ours.loglikeobs(params), theirs.loglikeobs(params), rtol=1e-10, atol=1e-10
    )
    np.testing.assert_allclose(
        ours.p_alive(params, x, t_x, T), MbgNbd.p_alive(params, x, t_x, T), rtol=1e-9
    )
    np.testing.assert_allclose(
        ours.expected_orders(params, 39, x, t_x, T),
        MbgNbd.expected_orders(params, 39, x, t_x, T),
        rtol=1e-7,
    )
    np.testing.assert_allclose(
        ours.expected_orders_new(params, [0, 1, 52]),
        MbgNbd.expected_orders_new(params, [0, 1, 52]),
        rtol=1e-7,
    )


@pytest.mark.parametrize("k", [1, 2, 5])
def test_gradient_is_that_of_the_likelihood(k):
    x = np.array([0, 0, 1, 1, 2, 7, 40, 900])
    t_x = np.array([0, 0, 0.5, 30, 0.1, 9, 39.0, 38])
    T = np.array([0, 39, 0.5, 39, 1000, 12, 39, 39.0])
    instance = MbgCnbd(k, x, t_x, T, np.zeros(8), np.arange(1.0, 9))
    numerical = approx_fprime(
        TYPICAL, instance.loglikeobs, 1e-4 * TYPICAL, centered=True
    )
    ours = instance.score_obs(TYPICAL)
    np.testing.assert_allclose(ours, numerical, rtol=1e-5, atol=1e-5)


HISTORIES = [
    (2, 0, 0, 20),
    (2, 3, 15, 20),
    (3, 1, 2, 30),
    (4, 5, 19, 20),
    (3, 9, 30, 52),
]


@pytest.mark.parametrize(("k", "x", "t_x", "T"), HISTORIES)
def test_likelihood_is_the_integral_over_the_latent_parameters(k, x, t_x, T):
    r, alpha, a, b = TYPICAL
    gaps = np.full(x, t_x / max(x, 1))
    rate, leave = stats.gamma(r, scale=1 / alpha), stats.beta(a, b)

    def over_rates(last_gap):
        # Erlang densities of the gaps, and the chance that none has ended since.
        return integrate.quad(
            lambda u: (
                lambda rate_: np.prod(stats.gamma(k, scale=1 / rate_).pdf(gaps))
                * stats.gamma(k, scale=1 / rate_).sf(last_gap)
            )(rate.ppf(u)),
            1e-9, 1 - 1e-9, limit=500, epsrel=1e-9,
        )[0]  # fmt: skip

    def over_exits(stays, leaves):
        return integrate.quad(
            lambda p: leave.pdf(p) * (1 - p) ** stays * p**leaves, 0, 1, epsrel=1e-10
        )[0]

    by_hand = over_exits(x + 1, 0) * over_rates(T - t_x) + over_exits(
        x, 1
    ) * over_rates(0)
    ours = MbgCnbd(k, [x], [t_x], [T], [np.log(gaps).sum()]).loglike(TYPICAL)
    assert ours == pytest.approx(np.log(by_hand), abs=1e-5)


@pytest.mark.parametrize(("k", "x", "t_x", "T"), HISTORIES)
def test_expected_orders_against_a_grid_of_latent_parameters(k, x, t_x, T):
    r, alpha, a, b = TYPICAL
    t, u = 26.0, T - t_x
    grid = (np.arange(3000) + 0.5) / 3000
    # The latent parameters after x purchases, of a customer who has stayed.
    rates = stats.gamma(r + k * x, scale=1 / (alpha + T)).ppf(grid)
    leaves = stats.beta(a, b + x + 1).ppf(grid)
    n = np.arange(2000)
    top = sum_top = 0.0
    for j in range(k):
        # Steps since the last purchase, given the rate; their sum weighs the rate.
        weight = (rates * u) ** j / np.prod(np.arange(1, j + 1, dtype=float))
        purchases = (j + n) // k
        later = stats.poisson(np.atleast_2d(rates * t).T).pmf(n)
        by_purchases = np.array(
            [
                np.mean((1 - (1 - leaves) ** m) / leaves)
                for m in range(purchases.max() + 1)
            ]
        )
        sum_top += np.mean(weight)
        top += np.mean(weight * (later @ by_purchases[purchases]))
    instance = MbgCnbd(k, [x], [t_x], [T], [0.0])
    ours = instance.expected_orders(TYPICAL, t, [x], [t_x], [T])
    alive = instance.p_alive(TYPICAL, [x], [t_x], [T])
    assert (ours / alive)[0] == pytest.approx(top / sum_top, rel=3e-3)


def test_recovers_the_truth_and_the_regularity():
    covered, found_k, errors = [], [], []
    for seed in range(12):
        T = np.random.default_rng(seed).uniform(30, 104, 2500)
        x, t_x, log_gaps, _, _ = simulate(3, TYPICAL, T, seed)
        result = fit_regularity(x, t_x, T, log_gaps)
        found_k.append(result.model.k)
        lower, upper = result.conf_int().T
        covered.append((lower < TYPICAL) & (upper > TYPICAL))
        errors.append(np.log(result.params / TYPICAL) / (result.bse / result.params))
    assert found_k == [3] * 12
    # 95 % of 48 intervals, correlated within a fit: 4 sd is about 13 %.
    assert 0.82 <= np.mean(covered) <= 1.0
    assert 0.6 <= np.std(errors) <= 1.4


def test_simulated_customers_behave_as_predicted():
    T = np.random.default_rng(5).uniform(30, 60, 20_000)
    x, t_x, log_gaps, later, alive = simulate(3, TYPICAL, T, 5)
    instance = MbgCnbd(3, x, t_x, T, log_gaps)
    p_alive = instance.p_alive(TYPICAL, x, t_x, T)
    expected = instance.expected_orders(TYPICAL, T, x, t_x, T)
    for least, most in ((0, 0), (1, 1), (2, 3), (4, 10), (11, 1000)):
        rows = (x >= least) & (x <= most)
        n = rows.sum()
        assert n > 100, (least, most)
        spread = np.sqrt(np.sum(p_alive[rows] * (1 - p_alive[rows])))
        assert abs(alive[rows].sum() - p_alive[rows].sum()) < 4 * spread
        error = later[rows].sum() - expected[rows].sum()
        assert abs(error) < 4 * np.sqrt(n) * later[rows].std()
    new = instance.expected_orders_new(TYPICAL, T)
    assert abs(x.sum() - new.sum()) < 4 * np.sqrt(len(T)) * x.std()


def test_irregular_customers_have_a_k_of_one():
    T = np.random.default_rng(2).uniform(30, 104, 4000)
    x, t_x, log_gaps, _, _ = simulate(1, TYPICAL, T, 2)
    assert fit_regularity(x, t_x, T, log_gaps).model.k == 1


def test_clockwork_is_beyond_the_model():
    T = np.random.default_rng(2).uniform(30, 104, 800)
    x, t_x, log_gaps, _, _ = simulate(12, TYPICAL / [1, 6, 1, 1], T, 3)
    with pytest.raises(NotConvergedError, match="still rises at k = 3"):
        fit_regularity(x, t_x, T, log_gaps, max_k=3)


@pytest.mark.parametrize(
    ("k", "row", "words"),
    [
        (0, ([1], [1], [2], [0]), "k must be 1 or more"),
        (2, ([1], [3], [2], [0]), "must not be after T"),
        (2, ([1], [1], [2], [-np.inf]), "log_gaps must be a finite number"),
    ],
)
def test_what_cannot_be(k, row, words):
    with pytest.raises(ValueError, match=words):
        MbgCnbd(k, *row)


def test_nobody_bought_again():
    with pytest.raises(NotConvergedError, match="No customer bought again"):
        fit_regularity(np.zeros(9), np.zeros(9), np.ones(9), np.zeros(9))


def groups_of(k, params, n, seed):
    T = np.random.default_rng(seed).uniform(30, 104, n)
    x, t_x, log_gaps, _, _ = simulate(k, params, T, seed)
    return pd.DataFrame(
        {"x": x, "t_x": t_x, "T": T, "log_gaps": log_gaps, "n_customers": 1}
    )


def test_every_k_that_was_tried_is_told():
    groups = groups_of(3, TYPICAL, 2500, 4)
    told = describe_regularity(groups, min_customers=100, min_repeat_customers=20)
    assert list(told["k"]) == [1, 2, 3, 4]
    assert list(told["is_best"]) == [False, False, True, False]
    assert set(told["status"]) == {"fitted"}
    columns = (groups[name] for name in groups)
    best = fit_regularity(*columns)
    np.testing.assert_allclose(told.loc[2, ["r", "alpha", "a", "b"]], best.params)
    assert told.loc[2, "log_likelihood"] == pytest.approx(best.llf)


def test_clockwork_is_told_to_be_beyond_the_model():
    groups = groups_of(30, TYPICAL / [1, 12, 1, 1], 400, 3)
    told = describe_regularity(groups, min_customers=100, min_repeat_customers=20)
    assert list(told["k"]) == list(range(1, 13))
    assert told["is_best"].sum() == 1
    assert told["is_best"].iloc[-1]
    assert "buy by the calendar" in told["message"].iloc[-1]


@pytest.mark.parametrize(
    ("change", "status", "words"),
    [
        (
            {"x": 0, "t_x": 0, "log_gaps": 0},
            "too_little_data",
            "Only 0 customers bought",
        ),
        ({"T": 0}, "too_little_data", "Only 0 customers were seen for a day"),
        ({"t_x": 200}, "not_converged", "must not be after T"),
    ],
)
def test_why_nothing_is_told(change, status, words):
    groups = groups_of(1, TYPICAL, 400, 3).assign(**change)
    told = describe_regularity(groups, min_customers=100, min_repeat_customers=20)
    assert list(told["k"]) == [1]
    assert told["status"][0] == status
    assert words in told["message"][0]
    assert not told["is_best"][0]
    assert told["log_likelihood"].isna().all()
