"""BG/NBD, MBG/NBD and Pareto/NBD against papers, brute force and simulation."""

import numpy as np
import pytest
from conftest import lifetimes_data
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special
from statsmodels.tools.numdiff import approx_fprime

from journey_clv.btyd import (
    BgNbd,
    MbgNbd,
    ParetoNbd,
    discounted_orders_if_alive,
)
from journey_clv.likelihood import NotConvergedError

MODELS = [BgNbd, MbgNbd, ParetoNbd]
# Weeks; near the estimates on CDNOW.
TYPICAL = {
    BgNbd: (0.243, 4.414, 0.793, 2.426),
    MbgNbd: (0.525, 6.183, 0.891, 1.614),
    ParetoNbd: (0.553, 10.578, 0.606, 11.669),
}


pytestmark = pytest.mark.usefixtures("warnings_are_errors")


@pytest.fixture(scope="module")
def cdnow():
    """The 1/10 sample of CDNOW, in weeks, read from the file of `lifetimes`."""
    frame = lifetimes_data("cdnow_customers_summary")
    return [frame[name].to_numpy() for name in ("frequency", "recency", "T")]


@pytest.fixture(scope="module")
def fitted(cdnow):
    return {model: model(*cdnow).fit() for model in MODELS}


def collapse(x, t_x, T):
    rows, weights = np.unique(np.stack([x, t_x, T]), axis=1, return_counts=True)
    return *rows, weights


def simulate(model, params, T, seed):
    """Histories up to T, the orders after T up to 2T, and who is alive at T."""
    rng = np.random.default_rng(seed)
    n = len(T)
    rate = rng.gamma(params[0], 1 / params[1], n)
    life = np.full(n, np.inf)
    exit_chance = np.zeros(n)
    if model is ParetoNbd:
        life = rng.exponential(1 / rng.gamma(params[2], 1 / params[3], n))
    else:
        exit_chance = rng.beta(params[2], params[3], n)
    if model is MbgNbd:
        life = np.where(rng.random(n) < exit_chance, 0.0, life)
    x, t_x, later, now = np.zeros(n), np.zeros(n), np.zeros(n), np.zeros(n)
    active = np.arange(n)
    while len(active):
        now[active] += rng.exponential(1 / rate[active])
        active = active[now[active] < np.minimum(2 * T, life)[active]]
        early = active[now[active] < T[active]]
        x[early] += 1
        t_x[early] = now[early]
        later[active[now[active] >= T[active]]] += 1
        leaves = rng.random(len(active)) < exit_chance[active]
        life[active[leaves]] = now[active[leaves]]
        active = active[~leaves]
    return x, t_x, later, life > T


# --- Published values ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "params", "tolerance", "log_likelihood"),
    [
        # Fader, Hardie, Lee (2005), Marketing Science 24(2), table 2.
        (BgNbd, (0.2426, 4.4136, 0.7929, 2.4259), 1e-3, -9582.43),
        # In no paper: what other implementations find on the same sample.
        (MbgNbd, (0.525, 6.183, 0.891, 1.614), 1e-3, -9582.14),
        # Fader, Hardie, Lee (2005), table 2, and Fader, Hardie (2005 note).
        (ParetoNbd, (0.5533, 10.578, 0.6062, 11.669), 5e-3, -9594.98),
    ],
)
def test_published_estimates_on_cdnow(fitted, model, params, tolerance, log_likelihood):
    result = fitted[model]
    np.testing.assert_allclose(result.params, params, atol=tolerance)
    assert result.llf == pytest.approx(log_likelihood, abs=0.01)


def test_published_conditional_expectation():
    # Fader, Hardie, Lee (2005), Excel note 004: customer 0001 of CDNOW.
    params = (0.243, 4.414, 0.793, 2.426)
    orders = BgNbd.expected_orders(params, 39, 2, 30.43, 38.86)
    assert orders == pytest.approx(1.226, abs=5e-4)


def test_published_p_alive_and_conditional_expectation_of_pareto_nbd():
    # BTYD (R) vignette, customer 1516 of CDNOW: x 26, t_x 30.86, T 31.
    params = (0.5533, 10.578, 0.6061, 11.6562)
    assert ParetoNbd.p_alive(params, 26, 30.86, 31) == pytest.approx(0.9979, abs=1e-4)
    orders = ParetoNbd.expected_orders(params, 52, 26, 30.86, 31)
    assert orders == pytest.approx(25.46, abs=0.01)
    # The same vignette: a new customer's repeat purchases in a year.
    new = ParetoNbd.expected_orders_new(params, 52)
    assert new == pytest.approx(1.473, abs=1e-3)


# --- The fit ------------------------------------------------------------------------


@pytest.mark.parametrize("model", MODELS)
def test_collapsed_equals_uncollapsed(cdnow, fitted, model):
    result = model(*collapse(*cdnow)).fit()
    assert result.model.endog.shape[0] < len(cdnow[0])
    np.testing.assert_allclose(result.params, fitted[model].params, rtol=1e-8)
    np.testing.assert_allclose(result.bse, fitted[model].bse, rtol=1e-6)
    for name in ("llf", "aic", "bic"):
        ours, theirs = getattr(result, name), getattr(fitted[model], name)
        assert ours == pytest.approx(theirs, abs=1e-8)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("unit", [7.0, 12 / 52])
def test_units_of_time_change_nothing(cdnow, fitted, model, unit):
    x, t_x, T = cdnow
    ours = model(x, t_x * unit, T * unit).fit().params
    weeks = fitted[model].params
    times = [name in ("alpha", "beta") for name in model.names]
    np.testing.assert_allclose(ours, weeks * np.where(times, unit, 1), rtol=1e-7)
    np.testing.assert_allclose(
        model.expected_orders(ours, 39 * unit, x, t_x * unit, T * unit),
        model.expected_orders(weeks, 39, x, t_x, T),
        rtol=1e-7,
    )


@pytest.mark.parametrize("model", MODELS)
def test_start_does_not_matter(cdnow, fitted, model):
    result = model(*cdnow).fit(start_params=[3.0, 40.0, 0.2, 8.0])
    np.testing.assert_allclose(result.params, fitted[model].params, rtol=1e-6)


@pytest.mark.parametrize("model", MODELS)
def test_information_criteria_count_customers(cdnow, fitted, model):
    result = model(*collapse(*cdnow)).fit()
    assert result.nobs == 2357
    assert result.aic == pytest.approx(8 - 2 * result.llf)
    assert result.bic == pytest.approx(4 * np.log(2357) - 2 * result.llf)


@pytest.mark.parametrize("model", MODELS)
def test_summary_and_intervals(fitted, model):
    result = fitted[model]
    text = result.summary().as_text()
    assert "2357" in text
    for name in model.names:
        assert f"\n{name} " in text
    lower, upper = result.conf_int().T
    assert (lower > 0).all() and (lower < result.params).all()
    np.testing.assert_allclose(lower * upper, result.params**2)
    z = np.log(upper / lower) / 2 * result.params / result.bse
    np.testing.assert_allclose(z, 1.959964, rtol=1e-6)


@pytest.mark.parametrize("model", MODELS)
def test_standard_errors_are_those_of_the_numerical_hessian(fitted, model):
    result = fitted[model]
    steps = 1e-3 * result.params
    numerical = np.array(
        [
            (
                approx_fprime(result.params + s, result.model.loglike, centered=True)
                - approx_fprime(result.params - s, result.model.loglike, centered=True)
            )
            / (2 * s.max())
            for s in np.diag(steps)
        ]
    )
    errors = np.sqrt(np.diag(np.linalg.inv(-numerical)))
    np.testing.assert_allclose(result.bse, errors, rtol=2e-3)
    inverse = np.linalg.inv(-result.model.hessian(result.params))
    np.testing.assert_allclose(result.cov_params(), inverse, rtol=1e-4)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("scale", [0.1, 1.0, 10.0])
def test_gradient_is_that_of_the_likelihood(model, scale):
    x = np.array([0, 0, 1, 1, 2, 7, 40, 3000])
    t_x = np.array([0, 0, 0.5, 30, 0.1, 9, 39.0, 38])
    T = np.array([0, 39, 0.5, 39, 1000, 12, 39, 39.0])
    instance = model(x, t_x, T, np.arange(1.0, 9))
    params = np.array(TYPICAL[model]) * [scale, 1 / scale, scale, 1]
    # Steps of 1e-4: smaller ones drown in the rounding of log L = -100,000.
    numerical = approx_fprime(params, instance.loglikeobs, 1e-4 * params, centered=True)
    ours = instance.score_obs(params)
    assert np.abs(ours).max() > 1
    np.testing.assert_allclose(ours, numerical, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(instance.score(params), ours.sum(axis=0), rtol=1e-10)


@pytest.mark.parametrize(
    ("model", "seeds"), [(BgNbd, 30), (MbgNbd, 30), (ParetoNbd, 12)]
)
def test_recovers_the_parameters_within_their_intervals(model, seeds):
    true = np.array(TYPICAL[model])
    covered, errors = [], []
    for seed in range(seeds):
        T = np.random.default_rng(seed).uniform(30, 104, 3000)
        x, t_x, _, _ = simulate(model, true, T, seed)
        result = model(x, t_x, T).fit()
        lower, upper = result.conf_int().T
        covered.append((lower < true) & (true < upper))
        errors.append(np.log(result.params / true) / (result.bse / result.params))
    # 95 % of 48 to 120 intervals, correlated within a fit: 4 sd is about 9 %.
    assert 0.86 <= np.mean(covered) <= 1.0
    # The standard errors are neither too small nor too large.
    assert 0.75 <= np.std(errors) <= 1.25
    assert np.abs(np.mean(errors, axis=0)).max() < 4 / np.sqrt(seeds)


# --- Predictions --------------------------------------------------------------------


def brute_force(model, params, x, t_x, T, t):
    """L, P(alive) and E[Y(t)] by a plain double sum over the latent parameters."""
    first, second = params[:2], params[2:]
    u = np.linspace(-95, 7, 1300)
    rate = np.exp(u)[:, None] / first[1]
    prior = np.exp(first[0] * u - np.exp(u) - special.gammaln(first[0]))[:, None]
    v = np.linspace(-60, 30, 1500)[None, :]
    step = (u[1] - u[0]) * (v[0, 1] - v[0, 0])
    if model is ParetoNbd:
        v = np.minimum(v, 7)
        exits = np.exp(v) / second[1]
        weight = np.exp(second[0] * v - np.exp(v) - special.gammaln(second[0]))
        weight = weight * (np.arange(1500) * (90 / 1499) - 60 < 7)
        stays = rate**x * np.exp(-(rate + exits) * T)
        gone = rate**x * exits / (rate + exits)
        gone = gone * (np.exp(-(rate + exits) * t_x) - np.exp(-(rate + exits) * T))
        future = rate * -np.expm1(-exits * t) / exits
    else:
        chance, rest = special.expit(v), special.expit(-v)
        weight = chance ** second[0] * rest ** second[1] / special.beta(*second)
        early = int(model is MbgNbd)
        stays = rest ** (x + early) * rate**x * np.exp(-rate * T)
        gone = np.zeros_like(stays)
        if x + early > 0:
            gone = chance * rest ** (x + early - 1) * rate**x * np.exp(-rate * t_x)
        future = -np.expm1(-rate * chance * t) / chance
    weight = prior * weight * step
    alive, left = np.sum(weight * stays), np.sum(weight * gone)
    orders = np.sum(weight * stays * future) / (alive + left)
    return alive + left, alive / (alive + left), orders


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(
    ("x", "t_x", "T", "t"),
    [
        (0, 0.0, 38.86, 39.0),
        (1, 0.3, 38.0, 10.0),
        (2, 30.43, 38.86, 39.0),
        (5, 38.86, 38.86, 156.0),
        (12, 9.0, 30.0, 52.0),
        (0, 0.0, 0.0, 52.0),
    ],
)
def test_against_the_sum_over_latent_parameters(model, x, t_x, T, t):
    params = TYPICAL[model]
    likelihood, alive, orders = brute_force(model, params, x, t_x, T, t)
    ours = model([x], [t_x], [T]).loglike(params)
    assert ours == pytest.approx(np.log(likelihood), abs=1e-7)
    assert model.p_alive(params, x, t_x, T) == pytest.approx(alive, rel=1e-7)
    expected = model.expected_orders(params, t, x, t_x, T)
    assert expected == pytest.approx(orders, rel=1e-7)
    if T == 0:
        new = model.expected_orders_new(params, t)
        assert new == pytest.approx(orders, rel=1e-7)


@pytest.mark.parametrize("x", [0, 1, 6, 25])
@pytest.mark.parametrize("a", [0.3, 0.793, 2.5])
def test_bg_nbd_equals_the_paper_written_with_2f1(x, a):
    # Fader, Hardie, Lee (2005), equation (10), where SciPy's 2F1 is sound.
    r, alpha, b, t_x, T, t = 0.243, 4.414, 2.426, 20.0 * (x > 0), 38.86, 39.0
    f = special.hyp2f1(r + x, b + x, a + b + x - 1, t / (alpha + T + t))
    shrink = ((alpha + T) / (alpha + T + t)) ** (r + x)
    odds = a / (b + x - 1) * ((alpha + T) / (alpha + t_x)) ** (r + x) if x else 0.0
    paper = (a + b + x - 1) / (a - 1) * (1 - shrink * f) / (1 + odds)
    ours = BgNbd.expected_orders((r, alpha, a, b), t, x, t_x, T)
    assert ours == pytest.approx(paper, rel=1e-9)


@pytest.mark.parametrize(("alpha", "beta"), [(10.578, 11.669), (11.669, 10.578)])
def test_pareto_nbd_equals_the_paper_written_with_2f1(alpha, beta):
    # Fader, Hardie (2005 note): the likelihood with A_0, either order of α and β.
    r, s, x, t_x, T = 0.553, 0.606, 3, 20.0, 38.86
    top = max(alpha, beta)
    second = s + 1 if alpha >= beta else r + x

    def part(t):
        z = abs(alpha - beta) / (top + t)
        f = special.hyp2f1(r + s + x, second, r + s + x + 1, z)
        return f / (top + t) ** (r + s + x)

    stays = (alpha + T) ** -(r + x) * (beta + T) ** -s
    total = stays + s / (r + s + x) * (part(t_x) - part(T))
    head = special.gammaln(r + x) - special.gammaln(r)
    head += r * np.log(alpha) + s * np.log(beta)
    params = (r, alpha, s, beta)
    ours = ParetoNbd([x], [t_x], [T]).loglike(params)
    assert ours == pytest.approx(head + np.log(total), abs=1e-10)
    alive = ParetoNbd.p_alive(params, x, t_x, T)
    assert alive == pytest.approx(stays / total, rel=1e-9)


@pytest.mark.parametrize("model", MODELS)
def test_simulated_customers_behave_as_predicted(model):
    params = TYPICAL[model]
    n = 100_000
    T = np.random.default_rng(7).integers(20, 60, n).astype(float)
    x, t_x, later, alive = simulate(model, params, T, 7)
    orders = model.expected_orders(params, T, x, t_x, T)
    chance = model.p_alive(params, x, t_x, T)
    for group in (x == 0, x == 1, (x > 1) & (t_x < T / 2), (x > 1) & (t_x >= T / 2)):
        assert group.sum() > 1000
        for actual, predicted in ((later, orders), (alive, chance)):
            gap = (actual - predicted)[group]
            # Four standard errors of the mean; 1e-9 where all are surely alive.
            tolerance = 4 * gap.std() / np.sqrt(len(gap)) + 1e-9
            assert abs(gap.mean()) < tolerance
    new = x - model.expected_orders_new(params, T)
    assert abs(new.mean()) < 4 * new.std() / np.sqrt(n)


@pytest.mark.parametrize("model", MODELS)
def test_removable_singularities(model):
    # At a = 1 and s = 1 the papers' formulas are 0/0: the value is the limit.
    def at(third):
        params = np.array(TYPICAL[model])
        params[2] = third
        x, t_x, T = np.array([0, 3, 50]), np.array([0.0, 20, 30]), 38.86
        return np.append(
            model.expected_orders(params, 52, x, t_x, T),
            model.expected_orders_new(params, 52),
        )

    np.testing.assert_allclose(at(1.0), (at(1 - 1e-5) + at(1 + 1e-5)) / 2, rtol=1e-8)
    assert (np.abs(at(1 + 1e-3) - at(1.0)) > 1e-6).all()


@pytest.mark.parametrize("model", MODELS)
def test_discounting_against_a_sum_over_fine_steps(model):
    params = np.array(TYPICAL[model])
    x, T = np.array([0, 0, 2, 40]), np.array([0.0, 39, 39, 39])
    delta, horizons = np.log(1.15) / 52, np.array([13.0, 156.0])
    expected, discounted = discounted_orders_if_alive(
        model, params, horizons, delta, x, T
    )
    for j, h in enumerate(horizons):
        t = np.linspace(0, h, 5_001)
        orders = model.expected_orders_if_alive(params, t, x[:, None], T[:, None])
        midpoint = np.exp(-delta * (t[1:] + t[:-1]) / 2)
        brute = np.sum(np.diff(orders, axis=1) * midpoint, axis=1)
        np.testing.assert_allclose(expected[:, j], orders[:, -1], rtol=1e-12)
        np.testing.assert_allclose(discounted[:, j], brute, rtol=1e-6)


# --- Edges --------------------------------------------------------------------------

positive = st.floats(-3, 3).map(lambda e: 10.0**e)
counts = st.one_of(st.just(0), st.integers(0, 30), st.just(3000))
spans = st.one_of(st.just(0.0), st.floats(0, 4000))
recencies = st.one_of(st.just(0.0), st.just(1.0), st.floats(0, 1))


@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    model=st.sampled_from(MODELS),
    params=st.tuples(positive, positive, st.one_of(st.just(1.0), positive), positive),
    rows=st.lists(st.tuples(counts, recencies, spans), min_size=1, max_size=4),
)
def test_nothing_breaks_at_the_edges(model, params, rows):
    x, share, T = map(np.array, zip(*rows, strict=True))
    t_x = np.where(x > 0, share * T, 0.0)
    instance = model(x, t_x, T)
    assert np.isfinite(instance.loglikeobs(params)).all()
    assert np.isfinite(instance.score_obs(params)).all()
    alive = model.p_alive(params, x, t_x, T)
    assert ((alive >= 0) & (alive <= 1)).all()
    np.testing.assert_allclose(alive[t_x == T], alive[t_x == T].clip(1e-9), rtol=1e-9)
    t = np.array([0.0, 1e-6, 1.0, 365.0, 3650.0])
    orders = model.expected_orders(params, t, x[:, None], t_x[:, None], T[:, None])
    assert np.isfinite(orders).all()
    assert (orders[:, 0] == 0).all()
    assert (np.diff(orders, axis=1) >= -1e-9 * orders[:, 1:]).all()
    # Nobody buys more than somebody who never leaves.
    stays = (params[0] + x[:, None]) / (params[1] + T[:, None]) * t
    assert (orders <= stays * (1 + 1e-9)).all()
    new = model.expected_orders_new(params, t)
    np.testing.assert_allclose(
        model.expected_orders(params, t, 0, 0, 0), new, rtol=1e-7, atol=1e-300
    )


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    model=st.sampled_from(MODELS),
    params=st.tuples(positive, positive, positive, positive),
    x=counts,
    share=st.floats(0, 1),
    T=st.floats(0.1, 4000),
    rate=st.floats(0, 1),
)
def test_discounted_orders_are_fewer(model, params, x, share, T, rate):
    delta = np.log1p(rate) / 365
    h = np.array([1.0, 365.0])
    expected, discounted = discounted_orders_if_alive(
        model, params, h, delta, [x], [T * share]
    )
    assert (discounted <= expected * (1 + 1e-9)).all()
    assert (discounted >= np.exp(-delta * h) * expected * (1 - 1e-9)).all()


def test_bg_nbd_holds_one_time_buyers_alive_and_the_others_do_not():
    assert BgNbd.p_alive(TYPICAL[BgNbd], 0, 0, 500) == 1
    assert MbgNbd.p_alive(TYPICAL[MbgNbd], 0, 0, 500) < 0.7
    assert ParetoNbd.p_alive(TYPICAL[ParetoNbd], 0, 0, 500) < 0.7


@pytest.mark.parametrize("model", MODELS)
def test_one_customer_is_no_fit(model):
    with pytest.raises(NotConvergedError):
        model([2], [30.43], [38.86]).fit()


@pytest.mark.parametrize("model", MODELS)
def test_nobody_bought_again(model):
    with pytest.raises(NotConvergedError, match="No customer bought again"):
        model([0, 0], [0, 0], [10.0, 30.0]).fit()


@pytest.mark.parametrize("model", MODELS)
def test_customers_who_never_leave(model):
    rng = np.random.default_rng(3)
    # Regular buyers, all seen until their last purchase: no sign of leaving.
    x = rng.poisson(rng.gamma(2.0, 5.0, 2000)) + 1.0
    with pytest.raises(NotConvergedError, match="do not identify"):
        model(x, np.full(2000, 50.0), np.full(2000, 50.0)).fit()


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(
    ("row", "words"),
    [
        (([1.5], [1.0], [2.0]), "whole number"),
        (([-1], [0.0], [2.0]), "not negative"),
        (([1], [3.0], [2.0]), "after T"),
        (([0], [1.0], [2.0]), "must be 0 where x"),
        (([1], [np.nan], [2.0]), "finite"),
        (([1], [1.0], [np.inf]), "finite"),
        (([1], [1.0], [2.0], [-1.0]), "negative"),
        (([1], [1.0], [2.0], [0.0]), "zero"),
        (([1], [1.0], [2.0], [1.0, 2.0]), "one weight"),
        (([[1]], [[1.0]], [[2.0]]), "one-dimensional"),
        (([], [], []), "zero"),
    ],
)
def test_histories_that_cannot_be(model, row, words):
    with pytest.raises(ValueError, match=words):
        model(*row)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("params", [(1, 1, 1), (1, 1, 1, 0), (1, 1, np.nan, 1)])
def test_parameters_that_cannot_be(model, params):
    with pytest.raises(ValueError, match="must be positive numbers"):
        model.p_alive(params, 1, 1, 2)
    with pytest.raises(ValueError, match="must be positive numbers"):
        model.expected_orders_new(params, 1)


def test_a_hundred_years_are_all_but_a_lifetime():
    # Fader, Hardie and Lee (2005, RFM and CLV), the closed form of the discounted
    # expected transactions: a confluent hypergeometric function, here scipy's.
    r, alpha, s, beta = 0.5533, 10.578 * 7, 0.6062, 11.669 * 7
    delta = np.log(1.1) / 365
    x, T = (grid.ravel() for grid in np.meshgrid([0, 1, 7, 26], [40, 180, 270]))
    _, found = discounted_orders_if_alive(
        ParetoNbd, (r, alpha, s, beta), [36500], delta, x, T
    )
    z = delta * (beta + T)
    endless = (r + x) / (alpha + T) * (beta + T) ** s * delta ** (s - 1)
    endless *= special.hyperu(s, s, z)
    np.testing.assert_allclose(found[:, 0], endless, rtol=1e-4)
    assert (found[:, 0] < endless).all()
