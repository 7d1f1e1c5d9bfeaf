"""The layer that the dbt Python models call: frames in, frames out."""

import numpy as np
import pandas as pd
import pytest
from conftest import lifetimes_data
from hypothesis import given, settings
from hypothesis import strategies as st

from journey_clv.btyd import BgNbd
from journey_clv.fits import (
    AVERAGE,
    MODELS,
    alive_at_origins,
    expected_orders_by_age,
    fit_origins,
    fit_parameters,
    orders_at_origins,
    predict_orders,
    track_origins,
)
from journey_clv.spend import GammaGamma

PARAMETERS = {
    "bg_nbd": ["r", "alpha", "a", "b"],
    "mbg_nbd": ["r", "alpha", "a", "b"],
    "pareto_nbd": ["r", "alpha", "s", "beta"],
    "gamma_gamma": ["p", "q", "gamma"],
    "gamma_gamma_first": ["p", "q", "gamma"],
}
SPENDS = ["gamma_gamma", "gamma_gamma_first"]
NUMBERS = ["estimate", "std_error", "ci_lower", "ci_upper"]
NUMBERS += ["log_likelihood", "aic", "bic"]
COLUMNS = ["model", "parameter", *NUMBERS, "n_customers", "n_histories"]
COLUMNS += ["status", "message"]
HORIZONS = [90, 365, 1095]


pytestmark = pytest.mark.usefixtures("warnings_are_errors")


@pytest.fixture(scope="module")
def cdnow():
    """Histories by day and spends of the CDNOW sample, a row per customer."""
    frame = lifetimes_data("cdnow_customers_summary_with_transactions")
    days = {name: (frame[name] * 7).round().astype(int) for name in ("t_x", "T")}
    histories = pd.DataFrame({"x": frame["x"], **days, "n_customers": 1})
    spends = frame.loc[frame["x"] > 0, ["x", "zbar"]]
    spends = spends.rename(columns={"zbar": "mean_spend"}).assign(n_customers=1)
    # As if the first purchase, which this table lacks, had been worth the mean of them.
    spends = [spends.assign(model=m, x=spends["x"] + i) for i, m in enumerate(SPENDS)]
    return histories, pd.concat(spends)


@pytest.fixture(scope="module")
def parameters(cdnow):
    return fit(*cdnow)


def fit(histories, spends, customers=100, repeaters=50):
    return fit_parameters(
        histories, spends, min_customers=customers, min_repeat_customers=repeaters
    )


def of(parameters, model):
    return parameters[parameters["model"] == model].reset_index(drop=True)


def assert_unfitted(rows, status, words):
    assert (rows["status"] == status).all()
    assert rows["message"].str.contains(words).all()
    assert rows[NUMBERS].isna().all(axis=None)


def test_a_row_per_model_and_parameter(parameters):
    assert list(parameters.columns) == COLUMNS
    assert parameters[NUMBERS].dtypes.eq("float64").all()
    assert parameters[["n_customers", "n_histories"]].dtypes.eq("int64").all()
    found = parameters.groupby("model")["parameter"].apply(list).to_dict()
    assert found == PARAMETERS
    assert (parameters["status"] == "fitted").all()
    assert (parameters["message"] == "").all()
    assert np.isfinite(parameters[NUMBERS]).all(axis=None)
    assert (parameters["ci_lower"] > 0).all()
    assert (parameters["ci_lower"] < parameters["estimate"]).all()
    assert (parameters["estimate"] < parameters["ci_upper"]).all()


def test_published_estimates_in_days(parameters):
    # Fader, Hardie, Lee (2005), table 2, its weeks taken to days; the table's
    # histories are the same but for rounding to whole days.
    rows = of(parameters, "bg_nbd")
    published = [0.2426, 4.4136 * 7, 0.7929, 2.4259]
    np.testing.assert_allclose(rows["estimate"], published, rtol=1e-3)
    k, n = 4, 2357
    assert (rows["n_customers"] == n).all()
    assert (rows["n_histories"] < n).all()
    np.testing.assert_allclose(rows["aic"], 2 * k - 2 * rows["log_likelihood"])
    np.testing.assert_allclose(rows["bic"], k * np.log(n) - 2 * rows["log_likelihood"])
    # Fader, Hardie (2013 note): p = 6.25, q = 3.74, γ = 15.44.
    spend = of(parameters, "gamma_gamma")
    np.testing.assert_allclose(spend["estimate"], [6.25, 3.74, 15.44], rtol=2e-3)


def test_the_order_and_the_grouping_of_rows_change_nothing(cdnow, parameters):
    histories, spends = cdnow
    collapsed = histories.groupby(["x", "t_x", "T"], as_index=False).sum()
    again = fit(collapsed[::-1], spends.sample(frac=1, random_state=1))
    pd.testing.assert_frame_equal(again, parameters, check_exact=True)


def test_customers_of_no_age_change_nothing(cdnow, parameters):
    histories, spends = cdnow
    extra = pd.DataFrame({"x": 0, "t_x": 0, "T": [0, -3], "n_customers": [500, 9]})
    again = fit(pd.concat([extra, histories]), spends)
    pd.testing.assert_frame_equal(again, parameters, check_exact=True)


def test_no_rows_at_all(cdnow):
    empty = fit(cdnow[0][:0], cdnow[1][:0], 0, 0)
    assert list(empty.columns) == COLUMNS
    assert len(empty) == 18
    assert empty[NUMBERS].dtypes.eq("float64").all()
    assert_unfitted(empty, "too_little_data", "Only 0 customers")
    assert (empty["n_customers"] == 0).all()
    for model in MODELS:
        orders = predict_orders(cdnow[0], empty, model, HORIZONS, 0.1)
        assert orders.empty
        assert expected_orders_by_age(empty, model, 30).empty
    frame = pd.DataFrame(columns=["x", "t_x", "T", "n_customers"])
    spends = cdnow[1][:0]
    assert_unfitted(fit(frame, spends), "too_little_data", "Only 0 customers")


def test_too_little_data_says_what_is_missing(cdnow):
    histories, spends = cdnow
    rows = fit(histories, spends, customers=5000)
    for model in MODELS:
        assert_unfitted(of(rows, model), "too_little_data", "Only 2357 .* 5000")
    assert (of(rows, "gamma_gamma")["status"] == "fitted").all()
    rows = fit(histories, spends, repeaters=947)
    assert_unfitted(rows, "too_little_data", "Only 946 customers bought again")
    boundary = fit(histories, spends, customers=2357, repeaters=946)
    assert (boundary["status"] == "fitted").all()


def test_nobody_bought_again(cdnow):
    histories = cdnow[0].assign(x=0, t_x=0)
    rows = fit(histories, cdnow[1], repeaters=0)
    for model in MODELS:
        assert_unfitted(of(rows, model), "not_converged", "No customer bought again")


def test_nobody_ever_leaves(cdnow):
    histories = pd.DataFrame({"x": range(1, 31), "t_x": 300, "T": 300})
    rows = fit(histories.assign(n_customers=10), cdnow[1])
    for model in MODELS:
        assert_unfitted(of(rows, model), "not_converged", "do not identify")


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"x": 1, "t_x": 50, "T": 40}, "after T"),
        ({"x": 0, "t_x": 5, "T": 40}, "must be 0 where x"),
        ({"x": -1, "t_x": 5, "T": 40}, "not negative"),
        ({"x": 10**9, "t_x": 5, "T": 40}, "whole number"),
        ({"x": 1, "t_x": None, "T": 40}, "finite"),
        ({"x": 1, "t_x": "soon", "T": 40}, "finite"),
        ({"x": 1, "t_x": 5, "T": 40, "n_customers": None}, "negative"),
        ({"x": 1, "t_x": 5, "T": 40, "n_customers": -1}, "negative"),
    ],
)
def test_histories_that_cannot_be_are_told_and_do_not_raise(cdnow, row, words):
    bad = pd.DataFrame([{"n_customers": 1, **row}], dtype=object)
    rows = fit(pd.concat([cdnow[0].astype(object), bad]), cdnow[1])
    for model in MODELS:
        assert_unfitted(of(rows, model), "not_converged", words)
    assert (of(rows, "gamma_gamma")["status"] == "fitted").all()


@pytest.mark.parametrize("spend", [0.0, -5.0, np.nan])
def test_spends_that_cannot_be_are_told_and_do_not_raise(cdnow, spend):
    bad = cdnow[1][:1].assign(mean_spend=spend)
    rows = fit(cdnow[0], pd.concat([cdnow[1], bad]))
    assert_unfitted(of(rows, "gamma_gamma"), "not_converged", "mean_spend must be")
    assert (of(rows, "bg_nbd")["status"] == "fitted").all()


def test_a_spend_model_without_a_mean_is_not_offered(cdnow):
    rng = np.random.default_rng(5)
    n, p, q, gamma = 3000, 4.0, 0.7, 20.0
    x = rng.integers(1, 6, n)
    spend = rng.gamma(p * x) / (rng.gamma(q, 1 / gamma, n) * x)
    spends = pd.DataFrame({"x": x, "mean_spend": spend, "n_customers": 1})
    spends["model"] = "gamma_gamma"
    # The likelihood has its maximum, near the truth; it is the mean that is infinite.
    assert GammaGamma(x, spend).fit().params[1] == pytest.approx(q, abs=0.1)
    rows = of(fit(cdnow[0], spends), "gamma_gamma")
    assert_unfitted(rows, "not_converged", "mean spend .* infinite")


small = st.tuples(st.integers(0, 6), st.integers(0, 99), st.integers(0, 99))


@settings(max_examples=12, deadline=None, derandomize=True)
@given(
    rows=st.lists(st.tuples(small, st.integers(1, 200)), max_size=8),
    spends=st.lists(st.floats(0.01, 1e6), max_size=6),
)
def test_a_few_customers_give_a_fit_or_a_reason(rows, spends):
    histories = pd.DataFrame(
        [(x, t_x if x else 0, t_x + T, n) for (x, t_x, T), n in rows],
        columns=["x", "t_x", "T", "n_customers"],
    )
    spends = pd.DataFrame({"x": 1, "mean_spend": spends, "n_customers": 2})
    spends["model"] = "gamma_gamma"
    parameters = fit(histories, spends, 0, 0)
    done = parameters["status"] == "fitted"
    assert np.isfinite(parameters.loc[done, NUMBERS]).all(axis=None)
    assert parameters.loc[~done, NUMBERS].isna().all(axis=None)
    assert ((parameters["message"] == "") == done).all()
    for model in set(parameters.loc[done, "model"]) - set(SPENDS):
        orders = predict_orders(histories, parameters, model, HORIZONS, 0.1)
        assert (orders["discounted_orders"] <= orders["expected_orders"]).all()
        assert np.isfinite(orders["expected_orders"]).all()


def test_a_missing_column_raises(cdnow):
    with pytest.raises(KeyError, match="t_x"):
        fit(cdnow[0].drop(columns="t_x"), cdnow[1])


@pytest.mark.parametrize("model", MODELS)
def test_predictions_have_a_row_per_history_and_horizon(cdnow, parameters, model):
    histories = cdnow[0]
    orders = predict_orders(histories[::-1], parameters, model, HORIZONS, 0.1)
    numbers = [
        "p_alive",
        "expected_orders",
        "orders_if_alive",
        "discounted_orders",
        "discounted_orders_if_alive",
    ]
    keys = ["x", "t_x", "T", "horizon_days"]
    assert list(orders.columns) == ["model", *keys, *numbers]
    assert orders[keys].dtypes.eq("int64").all()
    assert orders[numbers].dtypes.eq("float64").all()
    distinct = histories[["x", "t_x", "T"]].drop_duplicates()
    assert len(orders) == len(distinct) * len(HORIZONS)
    assert not orders.duplicated(keys).any()
    assert orders[keys].equals(orders[keys].sort_values(keys, ignore_index=True))
    assert np.isfinite(orders[numbers]).all(axis=None)

    params = of(parameters, model)["estimate"].to_numpy()
    x, t_x, T, h = (orders[key].to_numpy() for key in keys)
    cls = MODELS[model]
    np.testing.assert_allclose(orders["p_alive"], cls.p_alive(params, x, t_x, T))
    expected = cls.expected_orders(params, h, x, t_x, T)
    np.testing.assert_allclose(orders["expected_orders"], expected, rtol=1e-9)
    for kind, if_alive in (
        ("expected_orders", "orders_if_alive"),
        ("discounted_orders", "discounted_orders_if_alive"),
    ):
        np.testing.assert_allclose(orders[kind], orders["p_alive"] * orders[if_alive])


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("rate", [0.0, 0.1, 0.6])
def test_discounting_against_a_sum_over_days(parameters, model, rate):
    histories = pd.DataFrame(
        {"x": [0, 0, 4, 30], "t_x": [0, 0, 100, 270], "T": [0, 272, 272, 272]}
    )
    orders = predict_orders(histories, parameters, model, HORIZONS, rate)
    params = of(parameters, model)["estimate"].to_numpy()
    delta = np.log(1 + rate) / 365
    for _, row in orders.iterrows():
        # Tenths of a day, each discounted at its middle.
        t = np.linspace(0, row["horizon_days"], 10 * row["horizon_days"] + 1)
        total = MODELS[model].expected_orders(params, t, row["x"], row["t_x"], row["T"])
        brute = np.sum(np.diff(total) * np.exp(-delta * (t[1:] + t[:-1]) / 2))
        assert row["discounted_orders"] == pytest.approx(brute, rel=1e-6)
    if rate == 0:
        np.testing.assert_allclose(
            orders["discounted_orders"], orders["expected_orders"], rtol=1e-12
        )


def test_a_prediction_does_not_depend_on_the_other_rows(cdnow, parameters):
    keys = ["x", "t_x", "T", "horizon_days"]
    for model in MODELS:
        both = predict_orders(cdnow[0], parameters, model, HORIZONS, 0.1)
        one = predict_orders(cdnow[0][:1], parameters, model, HORIZONS, 0.1)
        pd.testing.assert_frame_equal(
            both.merge(one[keys]), one, rtol=1e-13, check_exact=False
        )


def test_ages_below_zero_count_as_zero(parameters):
    histories = pd.DataFrame({"x": 0, "t_x": 0, "T": [-5, 0]})
    orders = predict_orders(histories, parameters, "mbg_nbd", [365], 0.1)
    assert orders["T"].to_list() == [-5, 0]
    assert orders["expected_orders"].nunique() == 1
    by_age = expected_orders_by_age(parameters, "mbg_nbd", 365)
    last = by_age["expected_orders"].iloc[-1]
    assert orders["expected_orders"].iloc[0] == pytest.approx(last, rel=1e-9)


def test_no_histories_and_no_horizons_give_no_rows(cdnow, parameters):
    for histories, horizons in ((cdnow[0][:0], HORIZONS), (cdnow[0], [])):
        orders = predict_orders(histories, parameters, "bg_nbd", horizons, 0.1)
        assert orders.empty
        assert list(orders.columns)[-1] == "discounted_orders_if_alive"
        assert orders["p_alive"].dtype == "float64"


def test_what_cannot_be_asked(cdnow, parameters):
    with pytest.raises(ValueError, match="'nbd'"):
        predict_orders(cdnow[0], parameters, "nbd", HORIZONS, 0.1)
    with pytest.raises(ValueError, match="annual_discount_rate"):
        predict_orders(cdnow[0], parameters, "bg_nbd", HORIZONS, -0.1)
    with pytest.raises(ValueError, match="negative"):
        predict_orders(cdnow[0], parameters, "bg_nbd", [-1], 0.1)
    with pytest.raises(ValueError, match="max_age_days"):
        expected_orders_by_age(parameters, "bg_nbd", -1)
    with pytest.raises(ValueError, match="'gamma_gamma'"):
        expected_orders_by_age(parameters, "gamma_gamma", 30)


@pytest.mark.parametrize("model", MODELS)
def test_expected_orders_by_age(parameters, model):
    rows = expected_orders_by_age(parameters, model, 730)
    assert list(rows.columns) == ["model", "age_days", "expected_orders"]
    assert rows["age_days"].to_list() == list(range(731))
    orders = rows["expected_orders"].to_numpy()
    assert orders[0] == 0
    assert (np.diff(orders) > 0).all()
    # Customers leave, so that each day brings less than the one before.
    assert (np.diff(orders, 2) < 0).all()


def test_expected_orders_by_age_on_cdnow(parameters):
    # Fader, Hardie, Lee (2005), equation (9) at their estimates: 1.195 in 39 weeks.
    rows = expected_orders_by_age(parameters, "bg_nbd", 273)
    published = BgNbd.expected_orders_new((0.2426, 4.4136, 0.7929, 2.4259), 39)
    assert rows["expected_orders"].iloc[-1] == pytest.approx(float(published), rel=1e-3)


# The mean of the models that were fitted


def unfitted(parameters, *models):
    """The parameters, had these models not converged."""
    changed = parameters.copy()
    rows = changed["model"].isin(models)
    changed.loc[rows, NUMBERS] = np.nan
    changed.loc[rows, "status"] = "not_converged"
    return changed


@pytest.mark.parametrize("missing", [[], ["pareto_nbd"], ["bg_nbd", "pareto_nbd"]])
def test_the_average_is_that_of_the_models_that_were_fitted(cdnow, parameters, missing):
    known = unfitted(parameters, *missing)
    models = [model for model in MODELS if model not in missing]
    keys = ["x", "t_x", "T", "horizon_days"]
    mean = predict_orders(cdnow[0], known, AVERAGE, HORIZONS, 0.1)
    assert set(mean["model"]) == {AVERAGE}
    parts = [predict_orders(cdnow[0], known, one, HORIZONS, 0.1) for one in models]
    for part in parts:
        assert part[keys].equals(mean[keys])
    for column in ["p_alive", "expected_orders", "discounted_orders"]:
        np.testing.assert_allclose(
            mean[column], np.mean([part[column] for part in parts], axis=0), rtol=1e-13
        )
    by_age = expected_orders_by_age(known, AVERAGE, 400)
    assert set(by_age["model"]) == {AVERAGE}
    assert by_age["age_days"].to_list() == list(range(401))
    ages = [
        expected_orders_by_age(known, one, 400)["expected_orders"] for one in models
    ]
    np.testing.assert_allclose(by_age["expected_orders"], np.mean(ages, axis=0))


def test_without_a_fit_there_is_no_average(cdnow, parameters):
    none = unfitted(parameters, *MODELS)
    of_histories = predict_orders(cdnow[0], none, AVERAGE, HORIZONS, 0.1)
    assert of_histories.empty
    fitted = predict_orders(cdnow[0], parameters, "bg_nbd", HORIZONS, 0.1)
    assert list(of_histories.columns) == list(fitted.columns)
    assert (of_histories.dtypes == fitted.dtypes).all()
    assert expected_orders_by_age(none, AVERAGE, 30).empty


# Past origins


@pytest.fixture(scope="module")
def origins(cdnow):
    """The as-of day, a past origin of half of the customers, and one of nobody."""
    pairs = pd.DataFrame(
        [(0, 90), (0, 365), (90, 90), (90, 30), (400, 90)],
        columns=["days_ago", "horizon_days"],
    )
    histories, spends = cdnow
    both = [
        pd.concat([rows.assign(days_ago=0), rows[::2].assign(days_ago=90)])
        for rows in (histories, spends)
    ]
    return pairs, *both


@pytest.fixture(scope="module")
def origin_parameters(origins):
    return fit_origins(*origins, min_customers=100, min_repeat_customers=50)


def test_each_origin_is_fitted_on_its_own(cdnow, parameters, origin_parameters):
    assert list(origin_parameters.columns) == ["days_ago", *COLUMNS]
    assert origin_parameters["days_ago"].dtype == "int64"
    by_origin = dict(list(origin_parameters.groupby("days_ago")))
    assert list(by_origin) == [0, 90, 400]
    for days_ago, expected in [(0, parameters), (90, fit(*(f[::2] for f in cdnow)))]:
        found = by_origin[days_ago][COLUMNS].reset_index(drop=True)
        pd.testing.assert_frame_equal(found, expected, check_exact=True)
    assert_unfitted(by_origin[400], "too_little_data", "Only 0 customers")
    assert len(by_origin[400]) == 18


def test_each_origin_is_predicted_from_by_its_own_fits(origins, origin_parameters):
    pairs, histories, _ = origins
    alive = alive_at_origins(pairs, histories, origin_parameters)
    ahead = orders_at_origins(pairs, histories, origin_parameters, 0.1)
    for found in (alive, ahead):
        assert set(found["days_ago"]) == {0, 90}
        assert found["model"].unique().tolist() == [*MODELS]
    assert not ahead.duplicated(["days_ago", "model", "x", "T", "horizon_days"]).any()
    for days_ago, horizons in [(0, {90, 365}), (90, {30, 90})]:
        fits = origin_parameters[origin_parameters["days_ago"] == days_ago]
        for name, model in MODELS.items():
            params = of(fits, name)["estimate"].to_numpy()
            by_history = of(alive[alive["days_ago"] == days_ago], name)
            by_state = of(ahead[ahead["days_ago"] == days_ago], name)
            assert set(by_state["horizon_days"]) == horizons
            # Together they say what the papers say of each history.
            both = by_history.merge(by_state, on=["x", "T"])
            assert len(both) == len(by_history) * len(horizons)
            x, t_x, T, h = (
                both[c].to_numpy() for c in ("x", "t_x", "T", "horizon_days")
            )
            np.testing.assert_allclose(
                both["p_alive"] * both["orders_if_alive"],
                model.expected_orders(params, h, x, t_x, T),
                rtol=1e-9,
            )
            assert (both["discounted_orders_if_alive"] < both["orders_if_alive"]).all()


def test_a_model_that_was_not_fitted_then_does_not_predict(origins, origin_parameters):
    known = unfitted(origin_parameters, "pareto_nbd", "mbg_nbd")
    alive = alive_at_origins(*origins[:2], known)
    ahead = orders_at_origins(*origins[:2], known, 0.1)
    for found in (alive, ahead):
        assert found["model"].unique().tolist() == ["bg_nbd"]


def test_no_origins_and_no_fits_give_no_rows(origins, origin_parameters):
    pairs, histories, spends = origins
    unfit = unfitted(origin_parameters, *MODELS)
    for predict in (
        alive_at_origins,
        lambda *frames: orders_at_origins(*frames, 0.1),
    ):
        some = predict(pairs, histories, origin_parameters)
        none = predict(pairs[:0], histories, origin_parameters)
        unknown = predict(pairs, histories, unfit)
        for empty in (none, unknown):
            assert empty.empty
            assert list(empty.columns) == list(some.columns)
            assert (empty.dtypes == some.dtypes).all()
    empty = fit_origins(
        pairs[:0], histories, spends, min_customers=1, min_repeat_customers=1
    )
    assert empty.empty
    assert list(empty.columns) == list(origin_parameters.columns)


def test_tracks_add_up_what_is_expected_of_each_history(origins, origin_parameters):
    pairs, histories, _ = origins
    found = track_origins(pairs, histories, origin_parameters)
    # Of the origins only that one horizon ago; 90 days are 12 weeks and 6 days.
    assert set(found["days_ago"]) == {90}
    days = [*range(7, 90, 7), 90]
    at_90 = histories[histories["days_ago"] == 90]
    fits = origin_parameters[origin_parameters["days_ago"] == 90]
    for model in (*MODELS, AVERAGE):
        each = predict_orders(at_90, fits, model, days, 0.0)
        keys = ["x", "t_x", "T"]
        counts = at_90.groupby(keys)["n_customers"].sum()
        weights = counts.loc[pd.MultiIndex.from_frame(each[keys])].to_numpy()
        total = (each["expected_orders"] * weights).groupby(each["horizon_days"]).sum()
        own = of(found, model)
        assert own["days_ahead"].to_list() == days
        np.testing.assert_allclose(own["expected_orders"], total, rtol=1e-9)


def test_the_order_of_the_histories_changes_no_track(origins, origin_parameters):
    pairs, histories, _ = origins
    found = track_origins(pairs, histories, origin_parameters)
    for seed in range(5):
        shuffled = histories.sample(frac=1, random_state=seed)
        pd.testing.assert_frame_equal(
            track_origins(pairs, shuffled, origin_parameters), found, check_exact=True
        )


def test_without_an_origin_or_a_fit_there_is_no_track(origins, origin_parameters):
    pairs, histories, _ = origins
    some = track_origins(pairs, histories, origin_parameters)
    unfit = unfitted(origin_parameters, *MODELS)
    for none in (
        track_origins(pairs[pairs["days_ago"] == 0], histories, origin_parameters),
        track_origins(pairs, histories, unfit),
    ):
        assert none.empty
        assert (none.dtypes == some.dtypes).all()
