"""Prospects: the fits against statsmodels, features and metrics by other means."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from conftest import Build, build
from scipy import optimize, stats

from journey_clv.likelihood import NotConvergedError
from journey_clv.prospects import fit_logit, fit_prospects
from journey_clv.simulate.plan import Plan
from journey_clv.simulate.run import simulate
from journey_clv.simulate.scenario import load_scenario

TRUTH = [-1.0, 0.8, -0.5, 0.0]


# The logit


def draw(seed: int, n: int = 600):
    """Outcomes, a design, clusters of two rows, and whether a row is of the latest."""
    rng = np.random.default_rng(seed)
    design = np.column_stack([np.ones(n), rng.normal(size=(n, 3))])
    buys = (rng.random(n) < 1 / (1 + np.exp(-design @ TRUTH))).astype(float)
    clusters = np.repeat(np.arange(n // 2), 2).astype(np.int64)
    return buys, design, clusters, np.arange(n) % 3 == 0


def test_without_a_penalty_it_is_the_logit_of_statsmodels():
    buys, design, clusters, is_latest = draw(1)
    params, errors = fit_logit(buys, design, clusters, is_latest, 0.0, 1e12)
    expected = sm.Logit(buys, design).fit(
        disp=0,
        cov_type="cluster",
        cov_kwds={"groups": clusters, "use_correction": False},
        tol=1e-12,
    )
    assert params[:4] == pytest.approx(expected.params, rel=1e-7)
    assert errors[:4] == pytest.approx(expected.bse, rel=1e-6)
    assert params[4] == pytest.approx(0, abs=1e-9)


def test_with_a_penalty_it_is_what_an_optimizer_finds():
    buys, design, clusters, is_latest = draw(2)

    def objective(params):
        linear = design @ params
        loss = np.sum(np.logaddexp(0, linear) - buys * linear)
        return loss + 0.5 * 30.0 * np.sum(params[1:] ** 2)

    found = optimize.minimize(objective, np.zeros(4), tol=1e-14)
    params, _ = fit_logit(buys, design, clusters, is_latest, 30.0, 50.0)
    assert params[:4] == pytest.approx(found.x, abs=1e-5)


def test_the_level_goes_to_that_of_the_latest_origin():
    buys, design, clusters, is_latest = draw(3, n=6000)
    buys[is_latest & (np.arange(6000) % 2 == 0)] = 0  # half of the buyers are gone
    params, errors = fit_logit(buys, design, clusters, is_latest, 0.0, 0.0)
    expected = 1 / (1 + np.exp(-design[is_latest] @ params[:4] - params[4]))
    assert expected.sum() == pytest.approx(buys[is_latest].sum(), rel=1e-9)
    assert params[4] < -5 * errors[4]
    # The more it is penalized, the nearer it stays.
    half, _ = fit_logit(buys, design, clusters, is_latest, 0.0, 500.0)
    assert params[4] < half[4] < 0


def test_intervals_hold_the_truth():
    held = []
    for seed in range(200):
        params, errors = fit_logit(*draw(100 + seed), 0.0, 1e12)
        held.append(np.abs(params[:4] - TRUTH) <= 1.96 * errors[:4])
    share = np.mean(held)
    assert share == pytest.approx(0.95, abs=3 * np.sqrt(0.05 * 0.95 / np.size(held)))


def test_all_or_nobody_bought_is_no_fit():
    buys, design, clusters, is_latest = draw(4)
    for value in (0, 1):
        with pytest.raises(NotConvergedError):
            fit_logit(0 * buys + value, design, clusters, is_latest, 1.0, 1.0)


# All three, on frames


def world(seed: int, n: int = 500) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Prospects of three origins, and from which of them the as-of day learns."""
    rng = np.random.default_rng(seed)
    parts = []
    for days_ago in (90, 180, 270):
        frame = pd.DataFrame(
            {
                "days_ago": days_ago,
                "horizon_days": 90,
                "customer_key": [f"p{number:04}" for number in range(n)],
                "informative": rng.normal(size=n),
                "unknown": np.where(rng.random(n) < 0.3, np.nan, rng.normal(size=n)),
                "constant": 1.0,
            }
        )
        linear = -2 + frame["informative"]
        frame["buys"] = (rng.random(n) < 1 / (1 + np.exp(-linear))).astype(float)
        bought = frame["buys"] == 1
        days = rng.integers(1, 91, n)
        money = rng.gamma(4, 10, n) * np.exp(0.3 * frame["informative"])
        frame["days_until"] = np.where(bought, days, np.nan)
        frame["net_revenue"] = np.where(bought, money, 0.0)
        parts.append(frame)
    lessons = pd.DataFrame(
        {
            "days_ago": 0,
            "horizon_days": np.repeat([90, 365], 3),
            "lesson_days_ago": [90, 180, 270] * 2,
            "trained_horizon_days": 90,
            "is_latest": [True, False, False] * 2,
        }
    )
    return pd.concat(parts, ignore_index=True), lessons


def test_what_matters_is_found_and_the_rest_left_out():
    rows, lessons = world(1)
    fits = fit_prospects(rows, lessons, min_buyers=50, penalty=0.0)
    assert set(fits["horizon_days"]) == {90, 365}
    own = fits[fits["horizon_days"] == 90].set_index(["target", "feature"])
    assert "constant" not in set(fits["feature"])
    assert own.loc[("buys", "informative"), "z"] > 5
    assert abs(own.loc[("buys", "unknown"), "z"]) < 3
    assert own.loc[("net_revenue", "informative"), "coefficient"] == pytest.approx(
        0.3, abs=4 * own.loc[("net_revenue", "informative"), "std_error"]
    )
    buyers = rows[rows["buys"] == 1]
    assert (own["n_buyers"] == len(buyers)).all()
    assert (own["n_prospects"] == 500).all()
    # A Poisson mean with an intercept meets the mean of the outcomes.
    log_mean = own.loc[("days_until", "intercept"), "coefficient"]
    assert np.exp(log_mean) == pytest.approx(buyers["days_until"].mean(), rel=0.05)


def test_too_few_buyers_or_no_past_give_no_rows():
    rows, lessons = world(2)
    too_many = int(rows["buys"].sum()) + 1
    assert fit_prospects(rows, lessons, min_buyers=too_many).empty
    assert fit_prospects(rows.assign(buys=1.0), lessons, min_buyers=1).empty
    empty = fit_prospects(rows.iloc[:0], lessons.iloc[:0], min_buyers=1)
    assert empty.empty
    assert "coefficient" in empty.columns


def test_the_order_of_the_rows_changes_nothing():
    rows, lessons = world(3)
    pd.testing.assert_frame_equal(
        fit_prospects(rows, lessons, min_buyers=50),
        fit_prospects(
            rows.sample(frac=1, random_state=1),
            lessons.sample(frac=1, random_state=1),
            min_buyers=50,
        ),
    )


# A simulated shop, in the pipeline


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Build:
    folder = tmp_path_factory.mktemp("shop")
    simulate(Plan(load_scenario("shop"), 1500, 24, 5), folder / "world", workers=1)
    built = build(
        folder / "world" / "raw", folder / "out",
        "--select", "+clv_prospects", "+clv_prospect_backtests",
        "+clv_prospect_coefficients", "+int_prospects_explained",
        "--exclude-resource-type", "test",
        prospect_min_buyers=10, prospect_model="regression",
    )  # fmt: skip
    assert built.result.success, built.failed
    return built


def read(built: Build, query: str) -> pd.DataFrame:
    columns = [row[0] for row in built.work(f"describe {query}")]
    return pd.DataFrame(built.work(query), columns=columns)


@pytest.fixture(scope="module")
def tested(shop: Build) -> pd.DataFrame:
    return read(shop, "from intermediate.int_prospects_tested")


def test_features_and_outcomes_equal_a_second_computation(shop: Build):
    # From the contacts and the orders, prospect by prospect, at an origin.
    contacts = read(
        shop,
        "select customer_key, occurred_at, touchpoint, direction, channel, "
        "interaction_id from marts.fct_interactions",
    )
    orders = read(
        shop,
        "select customer_key, event_date, event_type, "
        "net_revenue_amount::double as net_revenue from "
        "intermediate.int_revenue_events",
    )
    found = read(
        shop,
        "select features.*, outcomes.buys, outcomes.days_until, "
        "outcomes.net_revenue_amount::double as net_revenue "
        "from intermediate.int_prospect_features as features "
        "inner join intermediate.int_prospect_outcomes as outcomes "
        "using (days_ago, customer_key) where days_ago = 180",
    ).set_index("customer_key")
    ((day,),) = shop.work(
        "select max(origin_date) from intermediate.int_prediction_origins "
        "where days_ago = 180"
    )
    origin = pd.Timestamp(day)
    first_bought = orders[orders["event_type"] == "order"].groupby("customer_key")
    first_bought = pd.to_datetime(first_bought["event_date"].min())
    contacts["day"] = contacts["occurred_at"].dt.normalize()
    known = contacts[contacts["day"] <= origin]
    known = known.sort_values(["occurred_at", "interaction_id"])
    carts = ["cart_added", "wishlist_added", "checkout_started"]
    compared = 0
    for key, own in known.groupby("customer_key"):
        bought = first_bought.get(key, pd.NaT)
        if bought <= origin:
            assert key not in found.index
            continue
        row = found.loc[key]
        inbound = own[own["direction"] == "inbound"]
        age = (origin - inbound["day"]).dt.days
        first_age = (origin - own["day"].min()).days
        expected = {
            "log_age_days": np.log1p(first_age),
            "log_days_since_contact": np.log1p(age.min()) if len(age) else np.nan,
            "log_contacts_30": np.log1p((age < 30).sum()),
            "log_contacts_90": np.log1p((age < 90).sum()),
            "log_active_days": np.log1p(inbound["day"].nunique()),
            "log_product_views": np.log1p(
                (own["touchpoint"] == "product_viewed").sum()
            ),
            "came_in_7_days": float((age < 7).any()),
            "is_only_reached": float(len(age) == 0),
            "is_first_direct": float(own["channel"].iloc[0] == "Direct"),
            "log_carts": np.log1p(own["touchpoint"].isin(carts).sum()),
        }
        for name, value in expected.items():
            assert row[name] == pytest.approx(value, nan_ok=True), (key, name)
        buys = bought <= origin + pd.Timedelta(days=90)
        assert row["buys"] == buys
        if buys:
            dates = pd.to_datetime(orders["event_date"])
            came = orders["customer_key"].eq(key) & (dates - origin).dt.days.le(90)
            assert row["days_until"] == (bought - origin).days
            total = orders.loc[came, "net_revenue"].sum()
            assert row["net_revenue"] == pytest.approx(total, abs=0.001)
        compared += 1
    assert compared == len(found) > 500


def test_sql_scores_as_python_does(shop: Build):
    fits = read(shop, "from models_python.py_prospect_coefficients")
    features = read(shop, "from intermediate.int_prospect_features")
    rates = read(shop, "from intermediate.int_prospect_rates")
    scores = read(
        shop, "from intermediate.int_prospect_scores where model = 'regression'"
    ).set_index(["days_ago", "horizon_days", "customer_key"])
    compared = 0
    for (days_ago, horizon), own in fits.groupby(["days_ago", "horizon_days"]):
        frame = features[features["days_ago"] == days_ago]
        linear = {}
        for target, rows in own.groupby("target"):
            linear[target] = np.zeros(len(frame))
            for row in rows.itertuples():
                if row.feature in ("intercept", "level"):
                    linear[target] += row.coefficient
                    continue
                value = frame[row.feature].to_numpy(float)
                value = np.clip(value, row.feature_min, row.feature_max)
                standard = (value - row.feature_mean) / row.feature_deviation
                linear[target] += row.coefficient * np.nan_to_num(standard)
        rate = rates[
            (rates["days_ago"] == days_ago) & (rates["horizon_days"] == horizon)
        ].iloc[0]
        stretch = horizon / own["trained_horizon_days"].iloc[0]
        chance = 1 / (1 + np.exp(-linear["buys"]))
        index = pd.MultiIndex.from_arrays(
            [frame["days_ago"], np.full(len(frame), horizon), frame["customer_key"]]
        )
        found = scores.loc[index]
        assert found["purchase_probability"].to_numpy() == pytest.approx(
            1 - (1 - chance) ** (stretch ** rate["rate_exponent"]), rel=1e-8
        )
        assert found["days_until"].to_numpy() == pytest.approx(
            np.minimum(horizon, np.exp(linear["days_until"]) * stretch), rel=1e-8
        )
        assert found["net_revenue"].to_numpy() == pytest.approx(
            chance
            * np.exp(linear["net_revenue"])
            * stretch ** rate["revenue_exponent"],
            rel=1e-8,
        )
        compared += len(frame)
    assert compared > 3000


def test_drivers_are_what_each_feature_adds_on_the_way_from_the_mean(shop: Build):
    # Against the integral of the gradient along that way (Aumann and Shapley, 1974;
    # Sundararajan, Taly and Yan, 2017, equation 1), by Gauss and Legendre's rule.
    fits = read(
        shop,
        "from models_python.py_prospect_coefficients "
        "where days_ago = 0 and horizon_days = 365 and target <> 'days_until'",
    )
    features = read(
        shop, "from intermediate.int_prospect_features where days_ago = 0"
    ).set_index("customer_key")
    scored = read(
        shop,
        "from intermediate.int_prospects_scored where horizon_days = 365",
    ).set_index("customer_key")
    found = read(shop, "from intermediate.int_prospects_explained").pivot(
        index="customer_key", columns="feature", values="contribution"
    )
    assert len(found) == len(scored) > 500
    features = features.loc[found.index]
    by_target = {
        target: own.set_index("feature") for target, own in fits.groupby("target")
    }
    buys, spent = by_target["buys"], by_target["net_revenue"]
    names = [name for name in buys.index if name not in ("intercept", "level")]
    assert set(found.columns) == {"base", *names}

    def moves(fit: pd.DataFrame, name: str, values: Any) -> Any:
        values = np.asarray(values, float)
        if name not in fit.index:
            return np.zeros(len(values))
        row = fit.loc[name]
        slope = row["coefficient"] / row["feature_deviation"]
        return slope * np.clip(values, row["feature_min"], row["feature_max"])

    means = buys["feature_mean"]
    of_odds = {
        name: moves(buys, name, features[name]) - moves(buys, name, means[[name]])[0]
        for name in names
    }
    start = buys.loc["intercept", "coefficient"] + buys.loc["level", "coefficient"]
    way = pd.DataFrame(of_odds).fillna(0).sum(axis=1).to_numpy()
    points, weights = np.polynomial.legendre.leggauss(60)
    shares = (points + 1) / 2
    gradient = 1 / (1 + np.exp(start + np.outer(way, shares)))
    pace = gradient @ weights / 2
    total = found["base"].to_numpy().copy()
    for name in names:
        expected = of_odds[name] * pace + (
            moves(spent, name, features[name]) - moves(spent, name, means[[name]])[0]
        )
        known = features[name].notna()
        assert found.loc[known, name].to_numpy() == pytest.approx(
            expected[known], rel=1e-6, abs=1e-9
        )
        assert found.loc[~known, name].isna().all()
        total += found[name].fillna(0).to_numpy()
    # All that was known adds up, where a shorter horizon does not say more.
    net_revenue = read(
        shop,
        "from intermediate.int_prospect_scores where days_ago = 0 "
        "and horizon_days = 365 and model = 'regression'",
    ).set_index("customer_key")["net_revenue"]
    all_known = features[names].notna().all(axis=1)
    assert all_known.sum() > 100
    assert np.exp(total[all_known]) == pytest.approx(
        net_revenue.loc[found.index][all_known].to_numpy(), rel=1e-6
    )


def test_metrics_equal_a_second_computation(shop: Build, tested: pd.DataFrame):
    marts = read(shop, "from marts.clv_prospect_backtests").set_index(
        ["model", "origin_date", "horizon_days"]
    )
    dates = dict(
        shop.work(
            "select days_ago, max(origin_date) from "
            "intermediate.int_prediction_origins group by days_ago"
        )
    )
    keys = ["model", "days_ago", "horizon_days"]
    assert len(marts) == tested.groupby(keys).ngroups > 4
    for (model, days_ago, horizon), own in tested.groupby(keys):
        row = marts.loc[(model, dates[days_ago], horizon)]
        chance = own["purchase_probability"].to_numpy(float)
        buys = own["buys"].to_numpy(float)
        happened = np.where(buys == 1, chance, 1 - chance)
        assert row["log_loss"] == pytest.approx(-np.log(happened).mean(), rel=1e-6)
        assert row["brier_score"] == pytest.approx(((buys - chance) ** 2).mean())
        assert row["bias_rate"] == pytest.approx(chance.sum() / buys.sum() - 1)
        # The area under the curve, as Mann and Whitney count it.
        wins = stats.mannwhitneyu(chance[buys == 1], chance[buys == 0]).statistic
        area = wins / (buys.sum() * (1 - buys).sum())
        assert row["normalized_gini"] == pytest.approx(2 * area - 1, abs=1e-9)


def test_the_regression_beats_the_base_rate_at_held_out_origins(tested: pd.DataFrame):
    # Both know when prospects came last; the regression must not lose by knowing more.
    losses = tested.pivot_table(
        index=["days_ago", "horizon_days", "customer_key"],
        columns="model",
        values="log_loss",
    ).dropna()
    totals: dict[str, Any] = losses.sum().to_dict()
    assert totals["regression"] < 0.85 * totals["base_rate"]
    assert totals["regression"] < 1.05 * totals["recency_rate"]
