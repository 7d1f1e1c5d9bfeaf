"""The regression against statsmodels, a general optimizer, and simulated truth."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from conftest import Build
from scipy import optimize

from journey_clv.likelihood import NotConvergedError
from journey_clv.regression import (
    fit_regressions,
    fit_ridge,
    gamma_glm,
    learn_ridge,
    quasi_poisson,
)

ORIGINS = pd.DataFrame({"days_ago": [0, 90, 180], "horizon_days": 90})


def world(seed: int, n: int = 400, origins: tuple[int, ...] = (90, 180, 270)):
    """Customers who buy exp(0.4 z1) times as often, for exp(0.3 z1) times as much."""
    rng = np.random.default_rng(seed)
    parts = []
    for days_ago in origins:
        frame = pd.DataFrame(
            {
                "days_ago": days_ago,
                "horizon_days": 90,
                "customer_key": [f"c{number:04}" for number in range(n)],
                "base_orders": rng.gamma(1.0, 2.0, n) + 0.05,
                "informative": rng.normal(size=n),
                "idle": rng.normal(size=n),
                "constant": 1.0,
            }
        )
        frame["base_net_revenue"] = 30 * frame["base_orders"]
        mean = frame["base_orders"] * np.exp(0.4 * frame["informative"])
        frame["actual_orders"] = rng.poisson(mean)
        spend = 30 * np.exp(0.3 * frame["informative"])
        shape = 4.0 * np.maximum(frame["actual_orders"], 1)
        each = rng.gamma(shape, spend / shape)
        frame["actual_net_revenue"] = frame["actual_orders"] * each
        parts.append(frame)
    return pd.concat(parts, ignore_index=True)


def design(seed: int = 1, n: int = 300):
    rng = np.random.default_rng(seed)
    columns = np.column_stack([np.ones(n), rng.normal(size=(n, 3))])
    offset = rng.normal(size=n)
    actual = rng.poisson(np.exp(offset + columns @ [0.2, 0.5, -0.3, 0.0])) * 1.5
    clusters = rng.integers(0, n // 2, n)
    return actual, columns, offset, pd.factorize(clusters)[0].astype(np.int64)


def poisson(actual, columns, offset, clusters):
    return quasi_poisson(actual, columns, offset), clusters


def spent(seed: int = 1):
    """The means of a few amounts each, which go with the features of the above."""
    _, columns, offset, _ = design(seed)
    rng = np.random.default_rng(seed + 1000)
    weights = rng.integers(1, 6, len(offset)).astype(np.float64)
    mean = np.exp(offset + columns @ [0.2, 0.5, -0.3, 0.0])
    return rng.gamma(2 * weights, mean / (2 * weights)), columns, offset, weights


def test_without_a_penalty_it_is_statsmodels_glm():
    actual, columns, offset, clusters = design()
    params, covariance = fit_ridge(*poisson(*design()), 0.0)
    model = sm.GLM(actual, columns, family=sm.families.Poisson(), offset=offset)
    expected = model.fit(
        cov_type="cluster",
        cov_kwds={"groups": clusters, "use_correction": False},
        tol=1e-12,
    )
    assert params == pytest.approx(expected.params, rel=1e-7)
    assert np.diag(covariance) == pytest.approx(expected.bse**2, rel=1e-6)


def test_without_a_penalty_a_gamma_is_statsmodels_glm():
    actual, columns, offset, weights = spent()
    clusters = design()[3]
    params, covariance = fit_ridge(
        gamma_glm(actual, columns, offset, weights), clusters, 0.0
    )
    expected = sm.GLM(
        actual,
        columns,
        family=sm.families.Gamma(sm.families.links.Log()),
        offset=offset,
        var_weights=weights,
    ).fit(tol=1e-12)
    assert params == pytest.approx(expected.params, rel=1e-6)
    # The sandwich, written out; statsmodels has none with weights.
    ratio = actual * np.exp(-columns @ params - offset)
    scores = (weights * (ratio - 1))[:, None]
    inverse = np.linalg.inv(columns.T @ ((weights * ratio)[:, None] * columns))
    by_customer = [
        (scores * columns)[clusters == customer].sum(axis=0)
        for customer in np.unique(clusters)
    ]
    meat = sum(np.outer(total, total) for total in by_customer)
    assert covariance == pytest.approx(inverse @ meat @ inverse, rel=1e-6)


def test_a_gamma_with_a_penalty_is_what_an_optimizer_finds():
    actual, columns, offset, weights = spent(2)

    def objective(params):
        linear = columns @ params + offset
        loss = np.sum(weights * (actual * np.exp(-linear) + linear))
        return loss + 0.5 * 40.0 * np.sum(params[1:] ** 2)

    found = optimize.minimize(objective, np.zeros(4), tol=1e-14)
    model = gamma_glm(actual, columns, offset, weights)
    params, _ = fit_ridge(model, np.arange(len(actual)), 40.0)
    assert params == pytest.approx(found.x, abs=1e-5)


def test_with_a_penalty_it_is_what_an_optimizer_finds():
    actual, columns, offset, clusters = design(2)
    actual[:5] = -3.0  # more given back than bought

    def objective(params):
        linear = columns @ params + offset
        loss = np.sum(np.exp(linear) - actual * linear)
        return loss + 0.5 * 40.0 * np.sum(params[1:] ** 2)

    found = optimize.minimize(objective, np.zeros(4), tol=1e-14)
    model = quasi_poisson(actual, columns, offset)
    params, _ = fit_ridge(model, clusters, 40.0)
    assert params == pytest.approx(found.x, abs=1e-5)
    free, _ = fit_ridge(model, clusters, 0.0)
    assert np.abs(params[1:]).max() < np.abs(free[1:]).max()


def test_a_far_start_and_wild_features_converge():
    actual, columns, offset, clusters = design(3)
    columns[:, 1] = np.exp(3 * columns[:, 1])
    columns[:, 1] = (columns[:, 1] - columns[:, 1].mean()) / columns[:, 1].std()
    model = quasi_poisson(actual * 1e3, columns, offset - 8)
    params, _ = fit_ridge(model, clusters, 300.0)
    mean = np.exp(columns @ params + offset - 8)
    # The intercept is not penalized: the totals agree.
    assert mean.sum() == pytest.approx(1e3 * actual.sum(), rel=1e-6)


def test_a_gamma_of_wild_amounts_and_features_converges():
    # Amounts over ten powers of ten, features of twenty deviations, the base far off.
    for seed in range(40):
        rng = np.random.default_rng(seed)
        n, k = rng.integers(20, 400), rng.integers(2, 25)
        columns = np.column_stack([np.ones(n), rng.standard_t(2, size=(n, k))])
        amounts = 10.0 ** rng.uniform(-3, 6) * np.exp(rng.normal(0, 3, n))
        weights, offset = np.exp(rng.normal(0, 2, n)), rng.normal(0, 3, n)
        model = gamma_glm(amounts, columns, offset, weights)
        params, _ = fit_ridge(model, np.arange(n), learn_ridge(model, np.arange(n)))
        # The score of the intercept, which is not penalized, is nothing.
        ratios = amounts * np.exp(-columns @ params - offset)
        assert np.average(ratios, weights=weights) == pytest.approx(1.0, rel=1e-6)


def test_nobody_bought_is_no_fit():
    actual, columns, offset, _ = design(4)
    with pytest.raises(NotConvergedError, match="Nobody bought"):
        quasi_poisson(0 * actual, columns, offset)
    with pytest.raises(NotConvergedError, match="amounts above 0"):
        gamma_glm(0 * actual, columns, offset, np.ones(len(actual)))
    # Such a past teaches nothing, and stops no build.
    rows = world(4)
    for name in ("actual_orders", "actual_net_revenue"):
        assert fit_regressions(
            rows.assign(**{name: 0}), ORIGINS, min_customers=100
        ).empty


def drawn(seed: int, deviation: float, n: int = 600, features: int = 30):
    """Coefficients drawn from one normal, and outcomes with φ = 2."""
    rng = np.random.default_rng(seed)
    columns = np.column_stack([np.ones(n), rng.normal(size=(n, features))])
    slopes = rng.normal(0, deviation, features)
    offset = rng.normal(size=n)
    actual = 2.0 * rng.poisson(np.exp(offset + columns[:, 1:] @ slopes) / 2)
    return actual, columns, offset, np.arange(n)


def test_the_penalty_is_that_of_the_distribution_the_coefficients_come_from():
    for deviation in (0.1, 0.3):
        logs = [
            np.log(learn_ridge(*poisson(*drawn(seed, deviation)))) for seed in range(40)
        ]
        # φ over the variance; 30 coefficients tell it to a quarter at best.
        assert np.mean(logs) == pytest.approx(np.log(2 / deviation**2), abs=0.25)
        assert np.std(logs) < 0.7


def test_the_learned_penalty_predicts_as_well_as_the_true_one():
    lost = np.zeros(4)
    for seed in range(20):
        data = drawn(seed, 0.1, n=1200)
        known = poisson(*(part[:600] for part in data))
        actual, columns, offset, _ = (part[600:] for part in data)

        def loss(penalty, known=known, later=(actual, columns, offset)):
            actual, columns, offset = later
            linear = offset + columns @ fit_ridge(*known, penalty)[0]
            return np.mean(np.exp(linear) - actual * linear)

        lost += [loss(learn_ridge(*known)), loss(2 / 0.1**2), loss(0.0), loss(1e5)]
    learned, true, free, nothing = lost
    assert learned - true < 0.2 * (min(free, nothing) - true)


def test_features_that_say_nothing_are_taken_back():
    fit = poisson(*drawn(2, 0.0))
    params, _ = fit_ridge(*fit, learn_ridge(*fit))
    free, _ = fit_ridge(*fit, 0.0)
    assert np.sum(params[1:] ** 2) < 0.1 * np.sum(free[1:] ** 2)


def test_who_is_seen_three_times_counts_once():
    data = drawn(6, 0.2)
    once = poisson(*data)
    thrice = poisson(*(np.concatenate([part] * 3) for part in data))
    once, again = (fit_ridge(*fit, learn_ridge(*fit))[0] for fit in (once, thrice))
    np.testing.assert_allclose(once, again, atol=1e-3)


@pytest.mark.parametrize("target, slope", [("orders", 0.4), ("spend", 0.3)])
def test_the_truth_is_in_the_intervals_over_many_seeds(target, slope):
    held = idle = 0
    seeds = 100
    for seed in range(seeds):
        found = fit_regressions(world(seed), ORIGINS, min_customers=100, penalty=0.0)
        rows = found[(found["days_ago"] == 0) & (found["target"] == target)]
        rows = rows.set_index("feature")
        # By the deviation of the feature, and so the truth too.
        truth = slope * rows.loc["informative", "feature_deviation"]
        informative = rows.loc["informative"]
        held += informative["ci_lower"] <= truth <= informative["ci_upper"]
        idle += rows.loc["idle", "p_value"] < 0.05
    # 95 of 100; beyond these, one in a thousand by chance.
    assert held >= 86
    assert idle <= 14


def test_what_comes_back_later_is_in_the_level():
    # A tenth of those who buy nothing more give back what they had bought before.
    rows = world(9)
    gives_back = (rows["actual_orders"] == 0) & (rows.index % 10 == 0)
    rows.loc[gives_back, "actual_net_revenue"] = -20.0
    learned = rows[rows["days_ago"] >= 90]
    found = fit_regressions(rows, ORIGINS, min_customers=100)
    linear = np.zeros(len(learned))
    values = learned.assign(log_base=np.log(learned["base_orders"]))
    for row in found[found["days_ago"] == 0].itertuples():
        if row.feature == "intercept":
            linear += row.coefficient
            continue
        standard = (values[row.feature] - row.feature_mean) / row.feature_deviation
        linear += row.coefficient * standard
    predicted = np.sum(learned["base_net_revenue"] * np.exp(linear))
    assert predicted == pytest.approx(learned["actual_net_revenue"].sum(), rel=1e-9)
    # What is told of the level is told of that.
    assert found["z"].to_numpy() == pytest.approx(
        (found["coefficient"] / found["std_error"]).to_numpy(), rel=1e-12
    )
    assert gives_back.any()


def test_each_origin_is_trained_on_what_was_known_at_it():
    rows = world(1)
    before = fit_regressions(rows, ORIGINS, min_customers=100)
    # The outcome of the origin 90 days ago is known today, and was not at it.
    later = rows.copy()
    is_late = later["days_ago"] == 90
    later.loc[is_late, ["actual_orders", "actual_net_revenue"]] *= 7
    later.loc[is_late, "informative"] *= -1
    after = fit_regressions(later, ORIGINS, min_customers=100)
    for days_ago in (90, 180):
        pd.testing.assert_frame_equal(
            before[before["days_ago"] == days_ago].reset_index(drop=True),
            after[after["days_ago"] == days_ago].reset_index(drop=True),
        )
    now, then = (f[f["days_ago"] == 0]["coefficient"] for f in (before, after))
    assert not np.allclose(now, then)
    # Nothing was known 270 days ago; 180 days ago one origin, and now three.
    counts = before.groupby("days_ago")["n_rows"].first()
    assert counts.to_dict() == {0: 1200, 90: 800, 180: 400}
    # Of what they spend, those who bought.
    of_spend = before[before["target"] == "spend"].groupby("days_ago").first()
    buyers = rows[rows["actual_orders"] > 0]
    assert of_spend.loc[0, "n_rows"] == len(buyers)
    assert of_spend.loc[0, "n_customers"] == buyers["customer_key"].nunique()


def test_a_longer_horizon_learns_from_the_longest_that_was_seen():
    origins = pd.DataFrame({"days_ago": [0, 0], "horizon_days": [365, 30]})
    found = fit_regressions(world(1), origins, min_customers=100)
    assert set(found["horizon_days"]) == {365}
    assert set(found["trained_horizon_days"]) == {90}


def test_the_currency_changes_nothing_but_the_mean():
    rows = world(5)
    pence = rows.assign(
        base_net_revenue=100 * rows["base_net_revenue"],
        actual_net_revenue=100 * rows["actual_net_revenue"],
    )
    first, second = (
        fit_regressions(frame, ORIGINS, min_customers=100) for frame in (rows, pence)
    )
    assert first["coefficient"].to_numpy() == pytest.approx(
        second["coefficient"].to_numpy(), abs=1e-7
    )


def test_what_does_not_vary_or_is_unknown_is_the_mean():
    rows = world(6)
    found = fit_regressions(rows, ORIGINS, min_customers=100)
    assert "constant" not in set(found["feature"])
    assert list(found["feature"][:4]) == [
        "intercept",
        "log_base",
        "informative",
        "idle",
    ]
    rows.loc[rows.index % 3 == 0, "idle"] = np.nan
    fit_regressions(rows, ORIGINS, min_customers=100)


def test_too_few_customers_or_no_past_give_no_rows():
    rows = world(7, n=99)
    assert fit_regressions(rows, ORIGINS, min_customers=100).empty
    empty = fit_regressions(rows.iloc[:0], ORIGINS, min_customers=100)
    assert empty.empty
    assert "coefficient" in empty.columns


def test_the_order_of_the_rows_changes_nothing():
    rows = world(8)
    shuffled = rows.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(
        fit_regressions(rows, ORIGINS, min_customers=100),
        fit_regressions(shuffled, ORIGINS, min_customers=100),
    )


def test_sql_scores_as_python_does(complete_journey: Build):
    # The scores, customer by customer, from the coefficients and the features.
    def read(query):
        columns = [row[0] for row in complete_journey.work(f"describe {query}")]
        return pd.DataFrame(complete_journey.work(query), columns=columns)

    fits = read("from models_python.py_clv_coefficients")
    features = read("from intermediate.int_features_at_origins")
    bases = read("from intermediate.int_regression_bases")
    scores = read("from intermediate.int_regression_scores").set_index(
        ["days_ago", "horizon_days", "customer_key"]
    )
    compared = 0
    shorter = {}
    for (days_ago, horizon), own in fits.groupby(["days_ago", "horizon_days"]):
        frame = bases[
            (bases["days_ago"] == days_ago) & (bases["horizon_days"] == horizon)
        ].merge(features, on=["days_ago", "customer_key"])
        frame["log_base"] = np.log(np.maximum(frame["base_orders"], 1e-8))
        linear = {"orders": 0.0, "spend": 0.0}
        for row in own.itertuples():
            if row.feature == "intercept":
                linear[row.target] += row.coefficient
                continue
            value = frame[row.feature].to_numpy(float)
            value = np.clip(value, row.feature_min, row.feature_max)
            standard = (value - row.feature_mean) / row.feature_deviation
            linear[row.target] += row.coefficient * np.nan_to_num(standard)
        share = own["trained_horizon_days"].iloc[0] / horizon
        # A part of a year says nothing of the level.
        assert own["trained_horizon_days"].iloc[0] < 365
        index = pd.MultiIndex.from_arrays(
            [frame["days_ago"], frame["horizon_days"], frame["customer_key"]]
        )
        for base, column, logarithm in [
            ("base_orders", "predicted_orders", linear["orders"]),
            (
                "base_net_revenue",
                "predicted_net_revenue_amount",
                linear["orders"] + linear["spend"],
            ),
        ]:
            expected = np.maximum(frame[base].to_numpy(float), 1e-8)
            predicted = expected * np.exp(np.clip(logarithm * share, -2, 2))
            predicted *= expected.sum() / predicted.sum()
            # Horizons come in their order, and a longer one brings no less.
            own_key = pd.Series(predicted, frame["customer_key"])
            before = shorter.get((days_ago, column), own_key)
            own_key = own_key.combine(before.reindex(own_key.index), max)
            shorter[days_ago, column] = own_key
            predicted = own_key.to_numpy()
            found = scores.loc[index, column].to_numpy(float)
            assert found == pytest.approx(predicted, rel=1e-6)
        compared += len(frame)
    assert compared > 10_000


def test_it_beats_the_purchase_models_and_the_baselines(complete_journey: Build):
    # The last 90 days of Complete Journey, from what was known before them.
    rows = complete_journey.frame(
        "from clv_backtests where segment_kind = 'all' and origin_date = '2017-10-02'"
    ).set_index("model")
    best = rows.loc["regression"]
    others = rows.drop(index="regression")
    for target in ("orders", "net_revenue"):
        assert best[f"{target}_rmse"] < 0.97 * others[f"{target}_rmse"].min()
        assert (
            best[f"{target}_normalized_gini"]
            > others[f"{target}_normalized_gini"].max() + 0.005
        )
    assert rows["is_champion"].to_dict()["regression"]
