"""Covariates against brute force, and against the truth of simulated customers."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.tools.numdiff import approx_fprime
from test_btyd import TYPICAL, simulate

from journey_clv.btyd import BgNbd, MbgNbd, ParetoNbd
from journey_clv.covariates import MAX_COMBINATIONS, WithCovariates, fit_covariates
from journey_clv.likelihood import NotConvergedError

MODELS = [BgNbd, MbgNbd, ParetoNbd]
# More purchases of members; a shorter life of those who came by coupon.
TRUE = {
    BgNbd: {"alpha_member": 0.6, "a_coupon": 0.7, "b_coupon": -0.3},
    MbgNbd: {"alpha_member": 0.6, "a_coupon": 0.7, "b_coupon": -0.3},
    ParetoNbd: {"alpha_member": 0.6, "beta_coupon": 0.8},
}

pytestmark = pytest.mark.usefixtures("warnings_are_errors")


def own_parameters(model, coefficients, member, coupon):
    """Each customer's parameters, written out by hand, shape (4, n)."""
    z = {"member": member, "coupon": coupon}
    typical = dict(zip(model.names, TYPICAL[model], strict=True))
    own = {name: np.full(len(member), value) for name, value in typical.items()}
    for name, coefficient in coefficients.items():
        parameter, covariate = name.split("_")
        sign = 1 if parameter in ("a", "b") else -1
        own[parameter] = own[parameter] * np.exp(sign * coefficient * z[covariate])
    return np.stack(list(own.values()))


def simulate_groups(model, coefficients, n, seed):
    """Customers of all four combinations: histories, covariates, later orders."""
    rng = np.random.default_rng(seed)
    frames = []
    for group, (member, coupon) in enumerate([(0, 0), (0, 1), (1, 0), (1, 1)]):
        T = rng.uniform(30, 104, n // 4)
        params = own_parameters(
            model, coefficients, np.array([member]), np.array([coupon])
        )[:, 0]
        x, t_x, later, _ = simulate(model, params, T, 1000 * seed + group)
        frames.append(
            pd.DataFrame(
                {"x": x, "t_x": t_x, "T": T, "later": later,
                 "member": float(member), "coupon": float(coupon)}
            )
        )  # fmt: skip
    return pd.concat(frames, ignore_index=True)


def build(model, frame, weights=None):
    return WithCovariates(
        model, frame["x"], frame["t_x"], frame["T"],
        purchase=frame[["member"]], attrition=frame[["coupon"]], weights=weights,
    )  # fmt: skip


@pytest.fixture(scope="module")
def worlds():
    return {model: simulate_groups(model, TRUE[model], 4000, 1) for model in MODELS}


@pytest.mark.parametrize("model", MODELS)
def test_likelihood_is_the_plain_one_of_each_customers_own_parameters(worlds, model):
    frame = worlds[model].sample(50, random_state=1)
    ours = build(model, frame)
    coefficients = dict(zip(ours.names[4:], (0.4, -0.7, 0.2), strict=False))
    own = own_parameters(model, coefficients, frame["member"], frame["coupon"])
    by_hand = [
        model([row.x], [row.t_x], [row.T]).loglike(own[:, i])
        for i, row in enumerate(frame.itertuples())
    ]
    params = [*TYPICAL[model], *coefficients.values()]
    np.testing.assert_allclose(ours.loglikeobs(params), by_hand, rtol=1e-10)


@pytest.mark.parametrize("model", MODELS)
def test_gradient_is_that_of_the_likelihood(worlds, model):
    frame = worlds[model].sample(60, random_state=2)
    instance = build(model, frame, np.arange(1.0, 61))
    params = np.array([*TYPICAL[model], *(0.4, -0.7, 0.2)[: instance.n_free]])
    numerical = approx_fprime(params, instance.loglikeobs, 1e-5, centered=True)
    np.testing.assert_allclose(
        instance.score_obs(params), numerical, rtol=1e-5, atol=1e-5
    )


@pytest.mark.parametrize("model", MODELS)
def test_no_covariates_is_the_plain_model(worlds, model):
    frame = worlds[model]
    none = frame[[]]
    plain = model(frame["x"], frame["t_x"], frame["T"]).fit()
    ours = WithCovariates(
        model, frame["x"], frame["t_x"], frame["T"], purchase=none, attrition=none
    ).fit()
    np.testing.assert_allclose(ours.params, plain.params, rtol=1e-8)
    np.testing.assert_allclose(ours.bse, plain.bse, rtol=1e-6)


@pytest.mark.parametrize("model", MODELS)
def test_units_and_weights_change_nothing(worlds, model):
    frame = worlds[model]
    plain = build(model, frame).fit()
    scaled = build(model, frame.assign(member=frame["member"] * 100)).fit()
    factor = np.where([n.endswith("_member") for n in plain.model.names], 100, 1)
    np.testing.assert_allclose(scaled.params * factor, plain.params, rtol=1e-6)
    np.testing.assert_allclose(scaled.bse * factor, plain.bse, rtol=1e-5)
    groups = frame.groupby(["x", "t_x", "T", "member", "coupon"]).size()
    grouped = build(model, groups.reset_index(), groups.to_numpy()).fit()
    np.testing.assert_allclose(grouped.params, plain.params, rtol=1e-7)
    assert grouped.nobs == len(frame)


@pytest.mark.parametrize(
    ("model", "seeds"), [(BgNbd, 12), (MbgNbd, 12), (ParetoNbd, 8)]
)
def test_recovers_the_truth_within_its_intervals(model, seeds):
    true = np.array([*TYPICAL[model], *TRUE[model].values()])
    covered, errors = [], []
    for seed in range(seeds):
        result = build(model, simulate_groups(model, TRUE[model], 4000, seed)).fit()
        assert list(result.model.names[4:]) == list(TRUE[model])
        lower, upper = result.conf_int().T
        covered.append((lower < true) & (true < upper))
        errors.append((result.params - true)[4:] / result.bse[4:])
    # 95 % of 48 to 84 intervals, correlated within a fit: 4 sd is about 12 %.
    assert 0.83 <= np.mean(covered) <= 1.0
    # The coefficients' own standard errors are neither too small nor too large.
    assert 0.6 <= np.std(errors) <= 1.4
    assert np.abs(np.mean(errors, axis=0)).max() < 4 / np.sqrt(seeds)


def test_covariates_of_no_effect_raise_the_likelihood_by_chance_only():
    # Wilks: twice the gain is chi-square with a degree of freedom for each coefficient.
    gains = []
    for seed in range(20):
        frame = simulate_groups(ParetoNbd, {}, 1200, seed)
        plain = ParetoNbd(frame["x"], frame["t_x"], frame["T"]).fit()
        gains.append(2 * (build(ParetoNbd, frame).fit().llf - plain.llf))
    assert min(gains) > -1e-6
    assert stats.kstest(gains, stats.chi2(2).cdf).pvalue > 1e-3


@pytest.mark.parametrize("model", MODELS)
def test_predictions_are_right_in_each_group(worlds, model):
    # Against what the simulated customers did in a time as long again.
    frame = worlds[model].query("T < 60")
    instance = build(model, worlds[model])
    params = instance.fit().params
    expected = np.empty(len(frame))
    for T in frame["T"].unique():  # each has a horizon of their own: T
        rows = (frame["T"] == T).to_numpy()
        part = frame[rows]
        expected[rows] = instance.expected_orders(
            params, T, part["x"], part["t_x"], part["T"],
            purchase=part[["member"]], attrition=part[["coupon"]],
        )  # fmt: skip
    sums = frame.assign(expected=expected).groupby(["member", "coupon"])
    error = sums["later"].sum() - sums["expected"].sum()
    spread = np.sqrt(sums["later"].var() * sums.size())
    assert (np.abs(error / spread) < 4).all()


def test_own_parameters_of_others(worlds):
    instance = build(BgNbd, worlds[BgNbd])
    others = pd.DataFrame({"member": [0.0, 1.0, 2.0], "coupon": [0.0, 0.5, 0.0]})
    params = [*TYPICAL[BgNbd], 0.6, 0.7, -0.3]
    own = instance.own_parameters(params, others[["member"]], others[["coupon"]])
    by_hand = own_parameters(BgNbd, TRUE[BgNbd], others["member"], others["coupon"])
    np.testing.assert_allclose(own.T, by_hand)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"member": 1.0}, "alpha_member: the covariate is the same for everybody"),
        ({"coupon": np.nan}, "Covariate coupon must be a finite number"),
        ({"t_x": 200.0}, "t_x, the last purchase, must not be after T"),
    ],
)
def test_what_cannot_be(worlds, change, words):
    frame = worlds[BgNbd].assign(**change)
    with pytest.raises(ValueError, match=words):
        build(BgNbd, frame)


def test_rows_that_do_not_match(worlds):
    frame = worlds[BgNbd]
    with pytest.raises(ValueError, match="one row of covariates for each history"):
        WithCovariates(
            BgNbd, frame["x"], frame["t_x"], frame["T"],
            purchase=frame[["member"]].head(5), attrition=frame[[]].head(5),
        )  # fmt: skip


def test_a_continuous_covariate_has_to_be_binned(worlds):
    frame = worlds[BgNbd]
    many = frame.assign(member=np.arange(len(frame)) / len(frame))
    with pytest.raises(ValueError, match=f"the most is {MAX_COMBINATIONS}"):
        build(BgNbd, many)


def test_nobody_bought_again():
    nothing = pd.DataFrame({"x": 0.0, "t_x": 0.0, "T": np.arange(1.0, 41)})
    nothing["member"] = nothing["coupon"] = nothing.index % 2.0
    with pytest.raises(NotConvergedError, match="No customer bought again"):
        build(BgNbd, nothing).fit()


def in_words(frame):
    """Customers as the marts have them: covariates in words, a row each."""
    return pd.DataFrame(
        {
            "x": frame["x"],
            "t_x": frame["t_x"],
            "T": frame["T"],
            "member": np.where(frame["member"] > 0, "yes", "no"),
            "coupon": np.where(frame["coupon"] > 0, "yes", "no"),
            "n_customers": 1,
        }
    )


def fit_words(groups, min_customers=100):
    return fit_covariates(groups, min_customers=min_customers, min_repeat_customers=20)


def test_covariates_in_words_are_found_where_they_are():
    """Against the truth: members buy more often, who came by coupon leaves sooner."""
    true = {
        ("purchase", "member"): 0.6,
        ("purchase", "coupon"): 0.0,
        ("attrition", "member"): 0.0,
        ("attrition", "coupon"): 0.8,
    }
    covered, errors = [], []
    for seed in range(16):
        frame = simulate_groups(ParetoNbd, TRUE[ParetoNbd], 4000, seed)
        # As many of each: take some away, so that `no` is the most frequent.
        frame = frame[(frame.index % 4 > 0) | (frame["member"] + frame["coupon"] == 0)]
        fitted = fit_words(in_words(frame)).set_index(["process", "covariate"])
        assert set(fitted["level"]) == {"yes"}
        assert set(fitted["reference_level"]) == {"no"}
        actual = pd.Series(true).loc[fitted.index]
        covered.append((fitted["ci_lower"] < actual) & (actual < fitted["ci_upper"]))
        errors.append((fitted["coefficient"] - actual) / fitted["std_error"])
    # 95 % of 64 intervals: 4 sd is 11 %.
    assert np.mean(covered) >= 0.84
    assert 0.6 <= np.std(errors) <= 1.4
    assert np.abs(np.mean(errors, axis=0)).max() < 4 / np.sqrt(16)


def test_words_are_the_covariates_that_they_stand_for(worlds):
    frame = worlds[ParetoNbd]
    groups = in_words(frame)
    fitted = fit_words(groups)
    names = fitted["covariate"].unique()
    design = pd.DataFrame(
        {
            name: groups[name] == level
            for name, level in zip(fitted["covariate"], fitted["level"], strict=True)
        }
    ).astype(float)[names]
    by_hand = WithCovariates(
        ParetoNbd, frame["x"], frame["t_x"], frame["T"],
        purchase=design, attrition=design,
    ).fit()  # fmt: skip
    np.testing.assert_allclose(fitted["coefficient"], by_hand.params[4:], rtol=1e-5)
    np.testing.assert_allclose(fitted["std_error"], by_hand.bse[4:], rtol=1e-4)
    assert set(fitted["log_likelihood"].round(5)) == {round(by_hand.llf, 5)}


def test_rare_levels_are_put_together(worlds):
    groups = in_words(worlds[ParetoNbd]).drop(columns=["member", "coupon"])
    n = len(groups)
    # 30 and 80 customers are too few; together they are enough.
    channel = np.array(["email"] * n, dtype=object)
    channel[:1000], channel[1000:1030], channel[1030:1110] = "store", "fax", "post"
    shuffled = np.random.default_rng(3).permutation(channel)
    fitted = fit_words(groups.assign(channel=shuffled)).query("process == 'purchase'")
    assert fitted.set_index("level")["n_customers"].to_dict() == {
        "store": 1000,
        "other": 110,
    }
    # With 500 needed, the 110 are not even together enough to be told.
    fitted = fit_words(groups.assign(channel=shuffled), min_customers=500)
    assert set(fitted["level"]) == {"store"}
    assert set(fitted["n_customers"]) == {1000}
    # With 3000 needed all are alike.
    assert fit_words(groups.assign(channel=shuffled), min_customers=3000).empty


def test_what_another_covariate_says_already_is_not_told_again(worlds):
    groups = in_words(worlds[ParetoNbd])
    alone = fit_words(groups)
    twice = fit_words(groups.assign(same=groups["member"].map({"yes": "a", "no": "b"})))
    told = twice[twice["status"] == "fitted"].reset_index(drop=True)
    pd.testing.assert_frame_equal(told, alone)
    untold = twice[twice["status"] != "fitted"]
    assert list(untold["covariate"]) == ["same", "same"]
    assert set(untold["status"]) == {"not_told_apart"}
    assert untold["coefficient"].isna().all()


def test_coefficients_that_the_data_do_not_tell_are_not_told():
    """Nobody ever leaves: there is no rate of leaving to be told."""
    rng = np.random.default_rng(1)
    T = rng.integers(50, 100, 600)
    groups = pd.DataFrame(
        {"x": T // 5, "t_x": T - 1, "T": T, "kind": rng.choice(["a", "b"], 600),
         "n_customers": 1}
    )  # fmt: skip
    fitted = fit_words(groups)
    assert set(fitted["status"]) == {"not_converged"}
    assert fitted["coefficient"].isna().all()
    assert fitted["message"].str.len().min() > 10


def test_nobody_to_learn_from():
    nobody = pd.DataFrame(columns=["x", "t_x", "T", "kind", "n_customers"])
    assert fit_words(nobody.astype({"x": int, "t_x": int, "T": int})).empty
