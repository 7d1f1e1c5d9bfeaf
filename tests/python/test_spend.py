"""Gamma-Gamma against the paper, brute force and simulation."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from conftest import lifetimes_data
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats
from statsmodels.tools.numdiff import approx_fprime

from journey_clv.likelihood import NotConvergedError
from journey_clv.spend import (
    GammaGamma,
    calibration,
    expected_spend,
    fit_calibrations,
    population_mean_spend,
)

PUBLISHED = (6.25, 3.74, 15.44)


pytestmark = pytest.mark.usefixtures("warnings_are_errors")


@pytest.fixture(scope="module")
def cdnow():
    """The 946 repeat buyers of the CDNOW sample, from the file of `lifetimes`."""
    frame = lifetimes_data("cdnow_customers_summary_with_transactions")
    frame = frame[frame["x"] > 0]
    return frame["x"].to_numpy(), frame["zbar"].to_numpy()


@pytest.fixture(scope="module")
def fitted(cdnow):
    return GammaGamma(*cdnow).fit()


def simulate(params, n, seed):
    """x, the mean of x orders, and each customer's true mean p/ν."""
    p, q, gamma = params
    rng = np.random.default_rng(seed)
    x = rng.geometric(0.4, n)
    rate = rng.gamma(q, 1 / gamma, n)
    return x, rng.gamma(p * x) / (rate * x), p / rate


def test_published_estimates_on_cdnow(cdnow, fitted):
    # Fader, Hardie (2013 note), section 5: p = 6.25, q = 3.74, γ = 15.44.
    np.testing.assert_allclose(fitted.params, PUBLISHED, atol=0.01)
    assert fitted.llf == pytest.approx(-4055.92, abs=0.01)
    # At the note's figures the likelihood is no higher: ours is the maximum.
    assert fitted.llf >= fitted.model.loglike(PUBLISHED)
    assert fitted.llf >= fitted.model.loglike((6.2496, 3.7442, 15.4435))
    assert fitted.bic == pytest.approx(3 * np.log(946) - 2 * fitted.llf)
    assert "946" in fitted.summary().as_text()


def test_collapsed_equals_uncollapsed(cdnow, fitted):
    rows, weights = np.unique(np.stack(cdnow), axis=1, return_counts=True)
    assert len(weights) < 946
    result = GammaGamma(*rows, weights).fit()
    np.testing.assert_allclose(result.params, fitted.params, rtol=1e-8)
    np.testing.assert_allclose(result.bse, fitted.bse, rtol=1e-6)
    assert result.bic == pytest.approx(fitted.bic, abs=1e-8)


def test_currency_changes_only_gamma(cdnow, fitted):
    x, mean_spend = cdnow
    result = GammaGamma(x, mean_spend * 140).fit()
    np.testing.assert_allclose(result.params, fitted.params * [1, 1, 140], rtol=1e-7)


def test_gradient_and_hessian(cdnow, fitted):
    x, mean_spend = np.array([1, 1, 4, 900]), np.array([0.01, 35.0, 90.0, 1e5])
    for params in (np.array(PUBLISHED), np.array([0.5, 0.8, 300.0])):
        model = GammaGamma(x, mean_spend, [1, 2, 3, 4])
        numerical = approx_fprime(params, model.loglikeobs, centered=True)
        ours = model.score_obs(params)
        np.testing.assert_allclose(ours, numerical, rtol=1e-5, atol=1e-5)
    inverse = np.linalg.inv(-fitted.model.hessian(fitted.params))
    np.testing.assert_allclose(fitted.cov_params(), inverse, rtol=1e-4)


@pytest.mark.parametrize(("x", "mean_spend"), [(1, 35.0), (3, 8.0), (12, 70.0)])
def test_against_the_integral_over_the_latent_rate(x, mean_spend):
    p, q, gamma = PUBLISHED

    def joint(rate):
        density = stats.gamma.pdf(mean_spend, p * x, scale=1 / (rate * x))
        return density * stats.gamma.pdf(rate, q, scale=1 / gamma)

    likelihood = integrate.quad(joint, 0, 5, points=[0.1, 0.3, 1], epsabs=0)[0]
    mean = integrate.quad(
        lambda rate: p / rate * joint(rate), 0, 5, points=[0.1, 0.3, 1], epsabs=0
    )[0]
    ours = GammaGamma([x], [mean_spend]).loglike(PUBLISHED)
    assert ours == pytest.approx(np.log(likelihood), abs=1e-7)
    expected = expected_spend(PUBLISHED, x, mean_spend)
    assert expected == pytest.approx(mean / likelihood, rel=1e-7)


def test_expected_spend_lies_between_the_population_and_the_customer():
    population = population_mean_spend(PUBLISHED)
    # Fader, Hardie (2013 note): the mean of the population is about 35.
    assert population == pytest.approx(35.2, abs=0.1)
    spends = expected_spend(PUBLISHED, [1, 10, 10**6], 100.0)
    assert population < spends[0] < spends[1] < spends[2] < 100
    assert spends[2] == pytest.approx(100, rel=1e-4)


def test_simulated_customers_spend_as_predicted():
    x, mean_spend, truth = simulate(PUBLISHED, 200_000, 1)
    gap = truth - expected_spend(PUBLISHED, x, mean_spend)
    for group in (x == 1, x > 3, mean_spend > 60):
        inside = gap[group]
        assert abs(inside.mean()) < 4 * inside.std() / np.sqrt(len(inside))


def test_recovers_the_parameters_within_their_intervals():
    covered = []
    for seed in range(40):
        x, mean_spend, _ = simulate(PUBLISHED, 2000, seed)
        lower, upper = GammaGamma(x, mean_spend).fit().conf_int().T
        covered.append((lower < PUBLISHED) & (upper > PUBLISHED))
    # 95 % of 120 intervals, correlated within a fit: 4 sd is about 9 %.
    assert np.mean(covered) >= 0.86


@pytest.mark.parametrize("q", [1.0, 0.7])
def test_no_mean_where_q_is_one_or_less(q):
    with pytest.raises(ValueError, match="infinite"):
        population_mean_spend((6.25, q, 15.44))
    with pytest.raises(ValueError, match="infinite"):
        expected_spend((6.25, q, 15.44), 2, 30.0)


def test_all_customers_spending_the_same_is_no_fit():
    with pytest.raises(NotConvergedError, match="spends the same"):
        GammaGamma([1, 2, 5], [30.0, 30.0, 30.0]).fit()


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (([0], [10.0]), "x must be"),
        (([1], [0.0]), "mean_spend must be"),
        (([1], [-3.0]), "mean_spend must be"),
        (([1], [np.nan]), "mean_spend must be"),
        (([1], [10.0], [-1.0]), "negative"),
        (([[1]], [[10.0]]), "one-dimensional"),
        (([], []), "zero"),
    ],
)
def test_spends_that_cannot_be(rows, words):
    with pytest.raises(ValueError, match=words):
        GammaGamma(*rows)


@pytest.mark.parametrize("params", [(6.25, 3.74), (-1, 3.74, 15.44), (1, np.nan, 1)])
def test_parameters_that_cannot_be(params):
    with pytest.raises(ValueError, match="must be positive numbers"):
        population_mean_spend(params)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(
    params=st.tuples(*[st.floats(-2, 3).map(lambda e: 10.0**e)] * 3),
    x=st.integers(1, 100_000),
    mean_spend=st.floats(1e-6, 1e9),
)
def test_nothing_breaks_at_the_edges(params, x, mean_spend):
    model = GammaGamma([x], [mean_spend])
    assert np.isfinite(model.loglike(params))
    assert np.isfinite(model.score(params)).all()
    p, q, gamma = params[0], 1 + params[1], params[2]
    between = sorted([mean_spend, population_mean_spend((p, q, gamma))])
    spend = float(expected_spend((p, q, gamma), x, mean_spend))
    assert between[0] * (1 - 1e-9) <= spend <= between[1] * (1 + 1e-9)


# How far an expectation is to be trusted


def foretold(n, intercept, slope, seed, shape=2.0):
    """ln E of purchases, and what each brought: Gamma, with mean exp(c) E^k."""
    rng = np.random.default_rng(seed)
    log_expected = rng.normal(3, 0.5, n)
    mean = np.exp(intercept + slope * log_expected)
    return log_expected, rng.gamma(shape, mean / shape)


def test_the_slope_is_that_of_a_gamma_regression_with_robust_errors():
    # statsmodels' own, by its own search, of purchases that come in bins of three.
    log_expected, revenue = foretold(3000, 1.0, 0.7, seed=1)
    log_expected = log_expected.reshape(-1, 3).mean(axis=1)
    revenue = revenue.reshape(-1, 3)
    intercept, slope, error = calibration(
        log_expected,
        np.full(1000, 3),
        revenue.sum(axis=1),
        (revenue**2).sum(axis=1),
    )
    design = sm.add_constant(np.repeat(log_expected, 3))
    family = sm.families.Gamma(sm.families.links.Log())
    model = sm.GLM(revenue.ravel(), design, family=family)
    result = model.fit(tol=1e-13)
    assert slope == pytest.approx(result.params[1], rel=1e-7)
    # Its sandwich, but with the observed information, as ours.
    factor = model.score_factor(result.params, scale=1.0)
    inverse = np.linalg.inv(-model.hessian(result.params, scale=1.0))
    scores = design * factor[:, None]
    sandwich = inverse @ scores.T @ scores @ inverse
    assert error == pytest.approx(np.sqrt(sandwich[1, 1]), rel=1e-6)
    in_all = 3 * np.exp(intercept + slope * log_expected).sum()
    assert in_all == pytest.approx(revenue.sum())


def test_slopes_are_covered_by_their_intervals():
    inside = 0
    for seed in range(400):
        log_expected, revenue = foretold(500, 1.0, 0.7, seed, shape=1.0)
        _, slope, error = calibration(log_expected, np.ones(500), revenue, revenue**2)
        inside += abs(slope - 0.7) < 1.96 * error
    # 380 are expected; four deviations of 400 draws.
    assert 362 <= inside <= 397


@pytest.mark.parametrize(("slope", "held"), [(1.6, 1.0), (-0.6, 0.0)])
def test_a_slope_beyond_is_held_and_the_total_kept(slope, held):
    log_expected, revenue = foretold(4000, 0.5, slope, seed=3)
    level, found, error = calibration(log_expected, np.ones(4000), revenue, revenue**2)
    assert found == held
    assert np.isnan(error)
    assert np.exp(level + held * log_expected).sum() == pytest.approx(revenue.sum())


def test_equal_expectations_tell_of_the_level_only():
    level, slope, error = calibration(
        np.full(3, 2.0), [1, 2, 1], [6.0, 9, 3], [36, 45, 9]
    )
    assert (level, slope) == (pytest.approx(np.log(4.5) - 2), 1)
    assert np.isnan(error)


def test_customers_of_the_model_need_no_calibration():
    # In the model's own world what it foretells is right: k is 1 but for its error.
    rng = np.random.default_rng(8)
    p, q, gamma = PUBLISHED
    rate = rng.gamma(q, 1 / gamma, 20_000)
    spends = rng.gamma(p, 1 / rate[:, None], (20_000, 3))
    before, n = np.cumsum(spends, axis=1)[:, :2], np.array([1, 2])
    log_expected = np.log(expected_spend(PUBLISHED, n, before / n)).ravel()
    came = spends[:, 1:].ravel()
    design = sm.add_constant(log_expected)
    family = sm.families.Gamma(sm.families.links.Log())
    free = sm.GLM(came, design, family=family).fit().params
    assert free[1] == pytest.approx(1, abs=0.02)
    _, slope, _ = calibration(log_expected, np.ones(came.size), came, came**2)
    assert slope == pytest.approx(min(free[1], 1), abs=1e-6)


def test_calibrations_are_of_each_origin_and_model():
    parts = []
    for days_ago, model, slope in [(0, "a", 0.8), (0, "b", 0.5), (90, "a", 0.6)]:
        log_expected, revenue = foretold(900, 1.0, slope, seed=days_ago)
        parts.append(
            pd.DataFrame(
                {
                    "days_ago": days_ago,
                    "model": model,
                    "log_expected": log_expected,
                    "n_purchases": 1,
                    "n_customers": np.arange(900) % 3 == 0,
                    "net_revenue": revenue,
                    "squared_net_revenue": revenue**2,
                }
            )
        )
    rows = pd.concat(parts).sample(frac=1, random_state=4)
    found = fit_calibrations(rows, min_customers=300)
    assert found[["days_ago", "model"]].apply(tuple, axis=1).tolist() == [
        (0, "a"),
        (0, "b"),
        (90, "a"),
    ]
    np.testing.assert_allclose(found["slope"], [0.8, 0.5, 0.6], atol=0.15)
    assert found["n_customers"].tolist() == [300] * 3
    assert found["n_purchases"].tolist() == [900] * 3
    # As each purchase's density is: -ln(mean) - y / mean, up to the shape.
    linear = found["intercept"][2] + found["slope"][2] * parts[2]["log_expected"]
    value = -np.mean(linear + parts[2]["net_revenue"] / np.exp(linear))
    assert found["mean_log_likelihood"][2] == pytest.approx(value)
    assert fit_calibrations(rows, min_customers=301).empty
    nothing = fit_calibrations(rows.assign(net_revenue=0.0), min_customers=1)
    assert nothing.empty
    assert (nothing.dtypes == found.dtypes).all()
