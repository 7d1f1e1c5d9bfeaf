"""Builds of the real samples, held against published figures and brute force."""

import numpy as np
import pandas as pd
import pytest
from conftest import Build, build

from journey_clv.btyd import BgNbd, MbgNbd, ParetoNbd
from journey_clv.regularity import MbgCnbd

AVERAGED = ("btyd_average", "btyd_dormant", "regression")


def test_every_sample_builds_and_publishes(complete_journey, cdnow, cdnow_sample):
    for sample in (complete_journey, cdnow, cdnow_sample):
        assert sample.result.success, sample.failed
        assert f"Published to {sample.out}/marts.duckdb" in sample.printed


def test_complete_journey_is_whole(complete_journey: Build):
    # Counts of the package's own files; no row is lost to a rule of ours.
    counts = {
        row[0]: row[1:]
        for row in complete_journey.marts("from row_reconciliation where n_raw > 0")
    }
    assert counts == {
        "orders": (155_848, 155_848, 0, 0, 0),
        "order_lines": (1_469_307, 1_469_307, 0, 0, 0),
        "products": (92_331, 92_331, 0, 0, 0),
        "customers": (2_469, 2_469, 0, 0, 0),
        "campaigns": (27, 27, 0, 0, 0),
        "messages": (8_691, 8_691, 0, 0, 0),
    }
    orders = complete_journey.marts(
        "select count(*), sum(gross_amount), sum(net_revenue_amount) from fct_orders"
    )
    assert [tuple(map(str, orders[0]))] == [("155848", "4596039.5800", "4596039.5800")]
    people = complete_journey.marts(
        "select count(*), count(*) filter (is_prospect) from dim_customers"
    )
    assert people == [(2_469, 0)]


def test_cdnow_has_its_customers(cdnow: Build):
    assert cdnow.marts("select count(*), sum(n_orders) from clv_customers") == [
        (23_570, 69_659)
    ]


def test_cdnow_sample_after_39_weeks(cdnow_sample: Build):
    # Fader and Hardie's data set: 2,357 customers, 2,457 repeat purchase days.
    assert cdnow_sample.marts(
        "select count(*), sum(n_repeat_purchases), max(age_days) from clv_customers"
    ) == [(2_357, 2_457, 272)]
    # The 39 weeks that follow are in quarantine, and nothing else is.
    quarantined = cdnow_sample.marts(
        "select table_name, rejection_reason, count(*) from quarantined_rows "
        "where table_name = 'orders' group by all"
    )
    n_accepted = cdnow_sample.marts("select count(*) from fct_orders")[0][0]
    assert quarantined == [("orders", "after_as_of", 6_919 - n_accepted)]


def test_cdnow_sample_has_the_published_fits(cdnow_sample: Build):
    # Fader, Hardie and Lee (2005) table 2, and the notes on the other models; time in
    # weeks there and in days here, which scales alpha and beta by 7, and moves the
    # log-likelihood by ln 7 a purchase.
    fits = cdnow_sample.frame("from btyd_parameters")
    assert set(fits.status) == {"fitted"}
    estimates = fits.set_index(["model", "parameter"]).estimate
    weekly = {
        ("bg_nbd", "r"): (0.2426, 1e-3),
        ("bg_nbd", "alpha"): (7 * 4.4136, 7e-3),
        ("bg_nbd", "a"): (0.7929, 1e-3),
        ("bg_nbd", "b"): (2.4259, 1e-3),
        ("pareto_nbd", "r"): (0.5533, 5e-3),
        ("pareto_nbd", "alpha"): (7 * 10.578, 7 * 5e-3),
        ("pareto_nbd", "s"): (0.6062, 5e-3),
        ("pareto_nbd", "beta"): (7 * 11.669, 7 * 1e-2),
    }
    for key, (published, tolerance) in weekly.items():
        assert estimates[key] == pytest.approx(published, abs=tolerance), key
    likelihoods = fits.groupby("model").log_likelihood.first() + 2457 * np.log(7)
    assert likelihoods["bg_nbd"] == pytest.approx(-9582.43, abs=0.01)
    assert likelihoods["mbg_nbd"] == pytest.approx(-9582.14, abs=0.01)
    assert likelihoods["pareto_nbd"] == pytest.approx(-9594.98, abs=0.01)
    # Fader and Hardie's note on the Gamma-Gamma model, of the same 946 repeat buyers;
    # here through the binned histories.
    assert fits[fits.model == "gamma_gamma"].n_customers.unique() == [946]
    assert estimates["gamma_gamma", "p"] == pytest.approx(6.2496, abs=1e-3)
    assert estimates["gamma_gamma", "q"] == pytest.approx(3.7442, abs=1e-3)
    assert estimates["gamma_gamma", "gamma"] == pytest.approx(15.4435, abs=1e-3)
    # The rows of its calibration, which come in no order, have no likelihood.
    (spend,) = fits[fits.model == "gamma_gamma"].log_likelihood.dropna().unique()
    assert spend == pytest.approx(-4055.92, abs=0.01)


@pytest.mark.parametrize("sample", ["complete_journey", "cdnow", "cdnow_sample"])
def test_scores_equal_the_model_one_customer_at_a_time(sample, request):
    # The lookup and its join, against the model called for each customer by itself,
    # and discounting against a sum over days.
    built: Build = request.getfixturevalue(sample)
    customers = built.frame("from clv_customers order by customer_key").sample(
        25, random_state=1
    )
    models = {"bg_nbd": BgNbd, "mbg_nbd": MbgNbd, "pareto_nbd": ParetoNbd}
    fits = built.frame("from btyd_parameters where status = 'fitted'")
    fits = fits.set_index(["model", "parameter"])
    days = np.arange(0.0, 366.0)
    margin_rate = float(
        built.marts(
            "select sum(margin_amount) / sum(net_revenue_amount) from fct_orders"
        )[0][0]
    )
    for row in customers.itertuples():
        # The average, which the regression corrects, is of the models that were fitted.
        names = [name for name in models if row.purchase_model in (name, *AVERAGED)]
        names = [name for name in names if name in fits.index.unique(0)]
        history = ([row.n_repeat_purchases], [row.repeat_span_days], [row.age_days])
        dormant = 0.0
        if row.purchase_model in ("btyd_dormant", "regression"):
            # No sample has seen a year pass after a year and a half: the share counts.
            ((dormant,),) = built.marts(
                "select estimate from btyd_parameters where model = 'btyd_dormant' "
                f"and horizon_days = {row.horizon_days}"
            )
        expected, p_alive = np.zeros(len(days)), 0.0
        for name in names:
            model = models[name]
            params = [fits.estimate[name, parameter] for parameter in model.names]
            alive = model.p_alive(params, *history)[0]
            either = alive + dormant * (1 - alive)
            p_alive += either / len(names)
            expected += [
                model.expected_orders(params, t, *history)[0] * either / alive
                for t in days
            ]
        expected /= len(names)
        orders = row.predicted_orders
        if row.purchase_model == "regression":
            # What it makes of them is held against Python in test_regression.
            ((orders,),) = built.work(
                "select base_orders from intermediate.int_regression_bases where "
                "days_ago = 0 and horizon_days = 365 "
                f"and customer_key = '{row.customer_key}'"
            )
        assert orders == pytest.approx(expected[-1], rel=1e-9)
        assert row.p_alive == pytest.approx(p_alive, rel=1e-9)
        discounted = (np.diff(expected) * 1.1 ** (-(days[1:] - 0.5) / 365)).sum()
        assert float(row.clv_amount) == pytest.approx(
            float(row.predicted_net_revenue_amount)
            * (discounted / expected[-1])
            * margin_rate,
            rel=1e-4,
            abs=1e-3,
        )


@pytest.mark.parametrize("pinned", ["btyd_dormant", "shrunk_rate"])
def test_a_pinned_model_scores(samples, pinned, tmp_path):
    # At 39 weeks of the tenth, where another one has the least error.
    built = build(
        samples["cdnow-sample"], tmp_path,
        "--select", "+clv_predictions", "--exclude-resource-type", "test",
        as_of="1997-09-30", clv_model=pinned,
    )  # fmt: skip
    assert built.result.success, built.failed
    assert built.work("select distinct purchase_model from marts.clv_predictions") == [
        (pinned,)
    ]
    # Whatever scores, its orders are those that Python expected of the history.
    differing = built.work(
        """
        select count(*) from marts.clv_predictions as predictions
        inner join intermediate.int_customer_purchase_summary using (customer_key)
        left join intermediate.int_btyd_predictions as fitted
            on fitted.days_ago = 0
            and fitted.model = predictions.purchase_model
            and fitted.x = int_customer_purchase_summary.x
            and fitted.t_x = int_customer_purchase_summary.t_x
            and fitted.T = int_customer_purchase_summary.T
            and fitted.horizon_days = predictions.horizon_days
        where predictions.purchase_model <> 'shrunk_rate' and
            predicted_orders is distinct from expected_orders
        """
    )
    assert differing == [(0,)]


def test_rfm_scores_equal_a_brute_force_count(cdnow_sample: Build):
    # Count, customer by customer, who is strictly worse.
    scores = cdnow_sample.frame("from rfm_scores")
    for column, score, better in [
        ("recency_days", "recency_score", -1),
        ("n_orders", "frequency_score", 1),
        ("net_revenue_amount", "monetary_score", 1),
    ]:
        values = better * scores[column].astype(float).to_numpy()
        worse = np.array([(values < value).sum() for value in values])
        assert (scores[score] == 1 + (5 * worse) // len(values)).all(), column


def test_cohorts_equal_pandas(cdnow_sample: Build):
    orders = cdnow_sample.frame("from fct_orders where is_purchase")
    orders["month"] = orders.order_date.dt.to_period("M")
    orders["cohort"] = orders.groupby("customer_key").month.transform("min")
    orders["revenue"] = orders.net_revenue_amount.astype(float)
    expected = orders.groupby(["cohort", "month"]).agg(
        active=("customer_key", "nunique"),
        n=("order_id", "size"),
        revenue=("revenue", "sum"),
    )
    cohorts = cdnow_sample.frame("from clv_cohorts where n_orders > 0")
    cohorts.index = pd.MultiIndex.from_arrays(
        [
            cohorts.cohort_month.dt.to_period("M"),
            cohorts.activity_month.dt.to_period("M"),
        ],
        names=["cohort", "month"],
    )
    expected, cohorts = expected.align(cohorts, axis=0)
    assert (cohorts.n_active_customers == expected.active).all()
    assert (cohorts.n_orders == expected.n).all()
    assert np.allclose(cohorts.net_revenue_amount.astype(float), expected.revenue)


def test_expected_cohorts_track_the_actual_ones(cdnow_sample: Build):
    # Fader and Hardie's tracking plot: within 5 % of the actual total after 39 weeks.
    actual, expected = cdnow_sample.marts(
        "select sum(cumulative_repeat_purchases), "
        "sum(expected_cumulative_repeat_purchases) from clv_cohorts "
        "where activity_month = '1997-09-01'"
    )[0]
    assert actual == 2457
    assert expected == pytest.approx(actual, rel=0.05)


def test_a_second_build_changes_nothing(samples, complete_journey: Build):
    before = complete_journey.fingerprints()
    again = build(samples["complete-journey"], complete_journey.out)
    assert again.result.success
    assert again.fingerprints() == before


def test_threads_change_nothing(samples, cdnow_sample: Build, tmp_path):
    alone = build(
        samples["cdnow-sample"], tmp_path, "--threads", "1", as_of="1997-09-30"
    )
    assert alone.result.success
    assert alone.fingerprints() == cdnow_sample.fingerprints()


def test_without_contacts_there_is_nobody_to_predict(cdnow_sample: Build):
    for mart in ("clv_prospects", "clv_prospect_backtests"):
        assert cdnow_sample.marts(f"select count(*) from {mart}") == [(0,)]


def test_where_everybody_has_bought_there_is_nobody_to_predict(
    complete_journey: Build,
):
    # Nine times a household had been written to and not bought; six times it then did.
    rows = complete_journey.marts("select count(*) from clv_prospects")
    assert rows == [(0,)]
    rows = complete_journey.marts(
        "select sum(n_prospects) from clv_prospect_backtests where model = 'base_rate'"
    )
    assert rows[0][0] <= 9


def test_regularity_of_random_purchases_is_mbg_nbd(cdnow_sample: Build):
    # With k = 1 the likelihood, by other code, is that of the same customers.
    tried = cdnow_sample.frame("from purchase_regularity order by k")
    assert list(tried["k"]) == [1, 2]
    assert list(tried["is_best"]) == [True, False]
    mbg = cdnow_sample.frame("from btyd_parameters where model = 'mbg_nbd'")
    assert tried["log_likelihood"][0] == pytest.approx(mbg["log_likelihood"][0])
    estimates = mbg.set_index("parameter")["estimate"]
    for name in ("r", "alpha", "a", "b"):
        assert tried[name][0] == pytest.approx(estimates[name], rel=1e-5)


def test_households_shop_by_habit(complete_journey: Build):
    # Gaps and histories by pandas, from the orders of the marts.
    days = complete_journey.frame(
        "select distinct customer_key, order_date from fct_orders where is_purchase "
        "order by customer_key, order_date"
    )
    days["order_date"] = pd.to_datetime(days["order_date"])
    ages = complete_journey.frame("select customer_key, age_days from clv_customers")
    dates = days.groupby("customer_key")["order_date"]
    gaps = dates.diff().dt.days
    histories = pd.DataFrame(
        {
            "x": dates.size() - 1,
            "t_x": (dates.max() - dates.min()).dt.days,
            "T": ages.set_index("customer_key")["age_days"],
            "log_gaps": np.log(gaps).groupby(days["customer_key"]).sum(),
        }
    ).query("T > 0")
    tried = complete_journey.frame("from purchase_regularity order by k")
    assert tried.set_index("k")["is_best"].to_dict() == {1: False, 2: True, 3: False}
    for k, told in zip(tried["k"], tried["log_likelihood"], strict=True):
        by_hand = MbgCnbd(k, *(histories[name] for name in histories)).fit()
        assert told == pytest.approx(by_hand.llf, rel=1e-8), k
    assert tried["n_customers"].unique() == [len(histories)]


def test_first_purchases_foretell_how_often_and_how_long(cdnow: Build):
    # Against a fit of each third by itself, of those who spent most and least at first:
    # what they buy in their first half year, as the models with covariates have it.
    told = cdnow.frame("from purchase_covariates").set_index(["process", "level"])
    assert set(told["status"]) == {"fitted"}
    assert set(told["reference_level"]) == {"low"}
    assert told.loc[("purchase", "high"), "rate_ratio_lower"] > 1.2
    assert told.loc[("attrition", "high"), "rate_ratio_upper"] < 0.8
    firsts = cdnow.frame(
        "select customer_key, sum(net_revenue_amount) as amount, c.n_repeat_purchases "
        "from fct_orders inner join clv_customers as c using (customer_key) "
        "where order_date = c.first_purchase_date group by all"
    )
    third = firsts["amount"].astype(float).rank(pct=True)
    repeats = firsts["n_repeat_purchases"]
    seen = repeats[third > 2 / 3].mean() / repeats[third < 1 / 3].mean()
    assert seen > told.loc[("purchase", "high"), "rate_ratio"]
