"""The season of purchases, against simulated truth, loops and other implementations."""

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.outliers_influence import variance_inflation_factor

from journey_clv.btyd import BgNbd
from journey_clv.fits import predict_orders, track_origins
from journey_clv.seasons import _inflation, learn_seasons, operational_days

ORIGIN = pd.Timestamp("2024-01-01")
ORIGINS = pd.DataFrame({"days_ago": [0], "origin_date": [ORIGIN]})


YEAR = np.linspace(0, 2 * np.pi, 10_000, endpoint=False)


def true_index(days_ahead: np.ndarray, swing: float) -> np.ndarray:
    """Two waves, and 1 on average; a peak before the origin."""
    day = 2 * np.pi * (ORIGIN.toordinal() + np.asarray(days_ahead)) / 365.25
    index = np.exp(swing * (np.cos(day) - 0.5 * np.sin(2 * day)))
    year = np.exp(swing * (np.cos(YEAR) - 0.5 * np.sin(2 * YEAR)))
    return index / year.mean()


def weeks_of(
    rng: np.random.Generator,
    *,
    n_weeks: int = 104,
    arrivals: float = 60.0,
    swing: float = 0.3,
    first_cohorts: int | None = None,
) -> pd.DataFrame:
    """Counts of customers whose rate falls with their age, drawn by the cell."""
    arrived = rng.poisson(arrivals, n_weeks) + 1
    arrived[: n_weeks - (first_cohorts or n_weeks)] = 0
    cohort, week = np.nonzero(np.tri(n_weeks))
    days = -7 * np.arange(n_weeks)[:, None] - np.arange(7)
    index = true_index(days, swing).mean(axis=1)[week]
    expected = arrived[cohort] * 0.12 / (1 + 0.05 * (cohort - week)) * index
    return pd.DataFrame(
        {
            "days_ago": 0,
            "cohort_weeks_ago": cohort,
            "weeks_ago": week,
            "n_first_purchases": np.where(week == cohort, arrived[cohort], 0),
            "n_repeat_purchases": np.where(week < cohort, rng.poisson(expected), 0),
        }
    )[arrived[cohort] > 0]


def learned(weeks: pd.DataFrame, **settings: int) -> pd.DataFrame:
    return learn_seasons(
        weeks,
        ORIGINS,
        **({"days_ahead": 365, "n_waves": 3, "min_repeat_purchases": 20} | settings),
    )


def test_intervals_cover_the_simulated_season_at_their_rate():
    """Of ninety shops, two years each, on 27 days of the year ahead: 92 % of the 95 %
    intervals hold the truth (a drawn-in estimate is a little off), without a bias."""
    covered, errors = [], []
    for seed in range(90):
        found = learned(weeks_of(np.random.default_rng(seed), arrivals=20))
        ahead = found[found["days_ahead"].isin(range(1, 366, 14))]
        truth = true_index(ahead["days_ahead"], 0.3)
        covered.append(ahead["ci_lower"].le(truth) & ahead["ci_upper"].ge(truth))
        errors.append(np.log(ahead["season_index"].to_numpy() / truth))
    assert 0.9 < np.mean(covered) < 0.98
    assert np.abs(np.mean(errors, axis=0)).max() < 0.03


@pytest.mark.parametrize("arrivals", [3, 60])
def test_without_a_season_hardly_any_is_seen(arrivals):
    for seed in range(20):
        rng = np.random.default_rng(seed)
        found = learned(weeks_of(rng, arrivals=arrivals, swing=0))
        assert found["season_index"].sub(1).abs().max() < 0.75 / np.sqrt(arrivals)


@pytest.mark.parametrize(
    "few",
    [
        {"n_weeks": 51},
        {"n_weeks": 78, "first_cohorts": 12},
        {"n_weeks": 104, "arrivals": 0.0, "first_cohorts": 2},
    ],
    ids=["less than a year", "all of one age", "few purchases"],
)
def test_no_season_where_none_can_be_told(few):
    weeks = weeks_of(np.random.default_rng(1), **few)
    assert weeks["n_repeat_purchases"].sum() > 0
    check_none(learned(weeks))


def test_no_season_where_none_is_asked_for():
    weeks = weeks_of(np.random.default_rng(1))
    check_none(learned(weeks, n_waves=0))
    too_few = int(weeks["n_repeat_purchases"].sum()) + 1
    check_none(learned(weeks, min_repeat_purchases=too_few))


def check_none(found: pd.DataFrame) -> None:
    assert (found["season_index"] == 1).all()
    assert (found["operational_day"] == found["days_ahead"]).all()
    assert found[["ci_lower", "ci_upper"]].isna().all(axis=None)


def test_operational_time_is_the_sum_of_the_index():
    found = learned(weeks_of(np.random.default_rng(2)), days_ahead=1461)
    index = found.set_index("days_ahead")["season_index"]
    assert index.loc[1:1461].mean() == pytest.approx(1, abs=1e-9)
    day = found.set_index("days_ahead")["operational_day"]
    assert day.loc[0] == 0
    for ahead in (1, 90, 400):
        assert day.loc[ahead] == pytest.approx(sum(index.loc[1:ahead]))
        assert day.loc[-ahead] == pytest.approx(-sum(index.loc[1 - ahead : 0]))
    dates = found.set_index("days_ahead")["calendar_date"]
    assert dates.loc[31] == pd.Timestamp("2024-02-01")
    lengths = operational_days(found, [0, 90, 5000])
    assert lengths.tolist() == [0, day.loc[90], 5000]


def test_the_order_of_the_rows_does_not_matter():
    weeks = weeks_of(np.random.default_rng(3), n_weeks=80)
    split = pd.concat([weeks, weeks.assign(n_first_purchases=0, n_repeat_purchases=0)])
    again = learned(split.sample(frac=1, random_state=1))
    pd.testing.assert_frame_equal(learned(weeks), again, check_exact=True)


def test_inflation_is_the_factor_of_statsmodels():
    rng = np.random.default_rng(4)
    design = np.column_stack([np.ones(200), rng.normal(size=(200, 4))])
    design[:, 4] += design[:, 1] - 2 * design[:, 2]
    found = _inflation(design, np.ones(200), n_free=4)
    assert found == pytest.approx(variance_inflation_factor(design, 4))
    # Weights are as good as so many equal rows.
    times = rng.integers(1, 5, 200)
    repeated = np.repeat(design, times, axis=0)
    assert _inflation(design, times.astype(float), 4) == pytest.approx(
        variance_inflation_factor(repeated, 4)
    )


def test_what_the_first_columns_make_up_is_inflated_beyond_measure():
    rng = np.random.default_rng(5)
    design = np.column_stack([np.ones(50), rng.normal(size=(50, 3))])
    design = np.column_stack([design, design @ [1, 2, 3, 4]])
    assert _inflation(design, np.ones(50), n_free=4) > 1e9


# In the models

PARAMETERS = pd.DataFrame(
    {
        "model": "bg_nbd",
        "parameter": list(BgNbd.names),
        "estimate": [0.6, 25.0, 0.8, 2.5],
        "status": "fitted",
    }
)
HISTORIES = pd.DataFrame(
    {"x": [0, 2, 5], "t_x": [0, 30, 80], "T": [90, 45, 100], "n_customers": [3, 2, 1]}
)
DOUBLED = pd.DataFrame({"days_ahead": range(-50, 101)}).assign(
    days_ago=90, operational_day=lambda days: 2.0 * days["days_ahead"]
)


def test_models_predict_in_operational_time():
    found = predict_orders(HISTORIES, PARAMETERS, "bg_nbd", [45], 0.0, DOUBLED)
    plain = predict_orders(HISTORIES, PARAMETERS, "bg_nbd", [90], 0.0)
    assert (found["horizon_days"] == 45).all()
    pd.testing.assert_series_equal(found["expected_orders"], plain["expected_orders"])


def test_the_discount_is_that_of_the_calendar():
    """In 45 days of the calendar, 90 of operational time, against a fine sum."""
    found = predict_orders(HISTORIES, PARAMETERS, "bg_nbd", [45], 0.5, DOUBLED)
    params = PARAMETERS["estimate"].to_numpy()
    order = HISTORIES.sort_values(["x", "t_x", "T"])
    t = np.linspace(0, 90, 20_001)
    for row, (x, t_x, T) in zip(
        found.itertuples(), order[["x", "t_x", "T"]].to_numpy(), strict=True
    ):
        bought = BgNbd.expected_orders(
            params, t, *(np.full(len(t), value) for value in (x, t_x, T))
        )
        factor = 1.5 ** (-(t[1:] + t[:-1]) / 2 / 2 / 365)
        assert row.discounted_orders == pytest.approx(
            np.sum(np.diff(bought) * factor), rel=1e-6
        )


def test_tracks_are_in_operational_time():
    origins = pd.DataFrame({"days_ago": [90], "horizon_days": [90]})
    histories = HISTORIES.assign(days_ago=90)
    parameters = PARAMETERS.assign(days_ago=90)
    found = track_origins(origins, histories, parameters, DOUBLED)
    found = found[found["model"] == "bg_nbd"].set_index("days_ahead")["expected_orders"]
    params = PARAMETERS["estimate"].to_numpy()
    for ahead in (7, 84, 90):
        expected = BgNbd.expected_orders(
            params, 2 * ahead, HISTORIES["x"], HISTORIES["t_x"], HISTORIES["T"]
        )
        total = np.sum(expected * HISTORIES["n_customers"])
        assert found.loc[ahead] == pytest.approx(total)


def test_forecasts_after_a_peak_are_right_with_the_season_and_too_high_without():
    """Customers buy as BG/NBD says in operational time, two months after a peak: in
    ninety days there come as many purchases as expected, on average over seeds."""
    days = np.arange(-728, 91)
    clock = np.cumsum(true_index(days + 60, 0.4))
    clock -= clock[728]
    errors = np.array([_forecast_errors(seed, days, clock) for seed in range(12)])
    spread = errors.std(axis=0, ddof=1) / np.sqrt(len(errors))
    with_season, without = errors.mean(axis=0)
    assert abs(with_season) < 3 * spread[0] + 0.02
    assert without > 0.15


def _forecast_errors(
    seed: int, days: np.ndarray, clock: np.ndarray
) -> tuple[float, float]:
    """Predicted over actual, less 1, with the season and without."""
    rng = np.random.default_rng(seed)
    first = np.sort(rng.integers(-728, 0, 6000))
    rate = rng.gamma(0.8, 1 / 40, len(first))
    leaves = rng.beta(0.8, 4.0, len(first))
    bought = []
    for number, day in enumerate(first):
        at, end = clock[day + 728], clock[-1]
        while rng.random() > leaves[number]:
            at += rng.exponential(1 / rate[number])
            if at > end:
                break
            bought.append((number, days[np.searchsorted(clock, at)]))
    repeats = pd.DataFrame(bought, columns=["customer", "day"]).drop_duplicates()
    repeats = repeats[repeats["day"] > first[repeats["customer"]]]
    known = repeats[repeats["day"] <= 0]
    actual = (repeats["day"] > 0).sum()
    weeks = pd.DataFrame(
        {
            "days_ago": 0,
            "cohort_weeks_ago": -np.r_[first, first[known["customer"]]] // 7,
            "weeks_ago": -np.r_[first, known["day"]] // 7,
            "n_first_purchases": np.repeat([1, 0], [len(first), len(known)]),
            "n_repeat_purchases": np.repeat([0, 1], [len(first), len(known)]),
        }
    )
    season = learned(weeks).set_index("days_ahead")["operational_day"]
    errors = []
    for time in (season, pd.Series(season.index, season.index)):
        last = known.groupby("customer")["day"].max().reindex(range(len(first)))
        x = known.groupby("customer").size().reindex(range(len(first)), fill_value=0)
        t_x = time.loc[last.fillna(0)].to_numpy() - time.loc[first].to_numpy()
        t_x = np.where(x > 0, t_x, 0)
        T = -time.loc[first].to_numpy()
        fit = BgNbd(x, t_x, T).fit()
        expected = BgNbd.expected_orders(fit.params, time.loc[90], x, t_x, T)
        errors.append(np.sum(expected) / actual - 1)
    return errors[0], errors[1]
