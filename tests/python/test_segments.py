"""Segments, their moves and their value, against plain loops over the orders."""

import pandas as pd
import pytest
from conftest import PROJECT, Build, build

DAY = pd.Timedelta(days=1)
GRID = pd.read_csv(PROJECT / "seeds" / "rfm_segment_grid.csv").set_index(
    ["recency_score", "frequency_score"]
)


def fifths(values: pd.Series) -> pd.Series:
    """Count the fifths of the values that are strictly below each, and one more."""
    return 1 + (5 * (values.rank(method="min") - 1) // len(values)).astype(int)


def segments(orders: pd.DataFrame, day: pd.Timestamp) -> pd.Series:
    """Say the RFM segment of every customer from the orders up to a day alone."""
    known = orders[orders["day"] <= day].groupby("customer_key")["day"]
    scores = zip(fifths(known.max()), fifths(known.size()), strict=True)
    names = [GRID.loc[pair, "rfm_segment"] for pair in scores]
    return pd.Series(names, index=known.size().index, dtype="object")


def moves(
    orders: pd.DataFrame, payments: pd.DataFrame, as_of: pd.Timestamp, n_months: int
) -> pd.DataFrame:
    """The rows of `rfm_migration`, month by month and customer by customer."""
    found = []
    for month in pd.period_range(end=as_of, periods=n_months, freq="M"):
        before_day = month.start_time.normalize() - DAY
        day = min(month.end_time.normalize(), as_of)
        both = pd.DataFrame({"to_segment": segments(orders, day)})
        both["from_segment"] = segments(orders, before_day)
        both["from_segment"] = both["from_segment"].fillna("(new)")
        for name, last in [("before", before_day), ("after", day)]:
            paid = payments[payments["day"] <= last].groupby("customer_key")["revenue"]
            both[name] = paid.sum()
        both = both.fillna({"before": 0, "after": 0})
        counted = both.groupby(["from_segment", "to_segment"]).agg(
            n_customers=("after", "size"),
            before=("before", "sum"),
            after=("after", "sum"),
        )
        found.append(counted.assign(month=month.start_time.normalize()))
    return pd.concat(found).reset_index().set_index(
        ["month", "from_segment", "to_segment"]
    ).sort_index()  # fmt: skip


def events(built: Build) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Orders, and what came in and went back with the day on which it was known."""
    orders = built.work(
        "select customer_key, event_date from intermediate.int_revenue_events "
        "where event_type = 'order'"
    )
    payments = built.work(
        "select customer_key, known_date, net_revenue_amount::double "
        "from intermediate.int_revenue_days"
    )
    days = {"day": "datetime64[us]"}
    return (
        pd.DataFrame(orders, columns=["customer_key", "day"]).astype(days),
        pd.DataFrame(payments, columns=["customer_key", "day", "revenue"]).astype(days),
    )


@pytest.fixture(scope="module")
def with_refunds(tmp_path_factory: pytest.TempPathFactory) -> Build:
    """Three hundred customers over three years, with refunds, up to a mid-month day."""
    raw = tmp_path_factory.mktemp("raw")
    numbers = pd.Series(range(1500))
    days = pd.Timestamp("2021-02-03") + pd.to_timedelta(numbers * 487 % 1120, unit="D")
    customers = (numbers * numbers * 31 + numbers) % 300
    pd.DataFrame(
        {
            "order_id": numbers.astype(str),
            "customer_id": customers.astype(str),
            "ordered_at": days,
            "amount": 5.0 + numbers * 17 % 90,
        }
    ).to_parquet(raw / "orders.parquet")
    returned = numbers[numbers % 7 == 0]
    pd.DataFrame(
        {
            "refund_id": returned.astype(str),
            "order_id": returned.astype(str),
            "refunded_at": days[returned] + pd.to_timedelta(returned % 60, unit="D"),
            "amount": 5.0,
        }
    ).to_parquet(raw / "refunds.parquet")
    out = tmp_path_factory.mktemp("with_refunds")
    return build(
        raw, out, "--indirect-selection", "cautious", "--select", "+rfm_migration",
        as_of="2024-02-10",
    )  # fmt: skip


@pytest.mark.parametrize("name", ["cdnow_sample", "with_refunds"])
def test_moves_equal_a_second_computation(name: str, request: pytest.FixtureRequest):
    built: Build = request.getfixturevalue(name)
    assert built.result.success
    as_of = pd.Timestamp(
        built.work("select as_of_date from intermediate.int_as_of")[0][0]
    )
    expected = moves(*events(built), as_of, 24)
    keys = ["month", "from_segment", "to_segment"]
    rows = built.work(
        "select migration_month, from_segment, to_segment, n_customers, "
        "net_revenue_before_amount::double, net_revenue_amount::double "
        "from marts.rfm_migration"
    )
    found = pd.DataFrame(rows, columns=[*keys, "n_customers", "before", "after"])
    found = found.astype({"month": "datetime64[us]"}).set_index(keys).sort_index()
    pd.testing.assert_frame_equal(found, expected, check_dtype=False, atol=1e-6)


@pytest.fixture(scope="module")
def tested(cdnow_sample: Build) -> tuple[pd.DataFrame, pd.Timestamp]:
    """What the champion predicted 90 days ago, what came, and the segments of then."""
    rows = cdnow_sample.work(
        """
        select targets.customer_key, targets.predicted, targets.actual::double
        from intermediate.int_backtest_targets as targets
        inner join intermediate.int_models_selected as selected
            on targets.model = selected.purchase_model
        where days_ago = 90 and horizon_days = 90 and target = 'net_revenue'
        """
    )
    frame = pd.DataFrame(rows, columns=["customer_key", "predicted", "actual"])
    frame = frame.set_index("customer_key").sort_index()
    share = (frame["predicted"].rank(method="min") - 1) / len(frame)
    frame["value_tier"] = "last four tenths"
    frame.loc[share >= 0.4, "value_tier"] = "next three tenths"
    frame.loc[share >= 0.7, "value_tier"] = "next two tenths"
    frame.loc[share >= 0.9, "value_tier"] = "top tenth"
    day = pd.Timestamp("1997-09-30") - 90 * DAY
    frame["rfm_segment"] = segments(events(cdnow_sample)[0], day)
    return frame, day


def test_a_past_segment_is_of_what_was_known_then(cdnow_sample: Build, tested):
    frame, day = tested
    found = cdnow_sample.frame("from clv_segments").set_index("segment_kind")
    assert set(found["backtest_origin_date"].dropna()) == {day}
    assert set(found["backtest_horizon_days"].dropna()) == {90}
    for kind in ("value_tier", "rfm_segment"):
        rows = found.loc[kind].set_index("segment")
        for segment, own in frame.groupby(kind):
            row = rows.loc[segment].astype(float, errors="ignore")
            error = own["predicted"] - own["actual"]
            reach = 1.959964 * error.std() / len(own) ** 0.5
            assert row["n_backtest_customers"] == len(own)
            pairs = {
                "predicted_net_revenue": own["predicted"].sum(),
                "actual_net_revenue": own["actual"].sum(),
                "mean_error": error.mean(),
                "mean_error_lower": error.mean() - reach if len(own) >= 30 else None,
            }
            for name, expected in pairs.items():
                value = row[f"backtest_{name}_amount"]
                if expected is None:
                    assert pd.isna(value)
                else:
                    assert float(value) == pytest.approx(expected, abs=1e-3), name


def test_segments_of_now_add_up_what_customers_have(cdnow_sample: Build):
    customers = cdnow_sample.frame(
        "select clv_customers.*, rfm_segment from clv_customers "
        "inner join rfm_scores using (customer_key)"
    )
    found = cdnow_sample.frame(
        "from clv_segments where segment_kind = 'rfm_segment' and n_customers > 0"
    ).set_index("segment")
    assert set(found.index) == set(customers["rfm_segment"])
    for segment, own in customers.groupby("rfm_segment"):
        row = found.loc[segment]
        assert row["n_customers"] == len(own)
        assert row["clv_amount"] == pytest.approx(own["clv_amount"].sum())
        assert row["mean_p_alive"] == pytest.approx(own["p_alive"].mean())
        known = own[own["age_days"] >= 90]
        since = known["as_of_date"] - known["last_purchase_date"]
        assert row["n_known_90"] == len(known)
        assert row["retained_90_share"] == pytest.approx((since < 90 * DAY).mean())
