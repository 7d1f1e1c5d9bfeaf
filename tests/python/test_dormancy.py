"""The share of the dormant against a grid, an optimizer's variance and many seeds."""

import numpy as np
import pandas as pd
import pytest

from journey_clv.dormancy import dormant_share, fit_dormant_shares
from journey_clv.regression import learned_from

ORIGINS = pd.DataFrame({"days_ago": [0, 90, 0], "horizon_days": [90, 90, 365]})
COLUMNS = [
    "expected_orders",
    "orders_if_alive",
    "n_customers",
    "actual_orders",
    "sum_of_squared_orders",
]


def world(seed: int, share: float, n: int = 400, customers: int = 5):
    """Histories of a few customers each, of whom some that seem gone are dormant."""
    rng = np.random.default_rng(seed)
    alive = rng.beta(0.5, 0.5, n)
    if_alive = rng.gamma(2.0, 1.0, n) + 0.05
    chance = alive + share * (1 - alive)
    lives = rng.random((n, customers)) < chance[:, None]
    orders = rng.poisson(if_alive[:, None], (n, customers)) * lives
    return pd.DataFrame(
        {
            "days_ago": 90,
            "horizon_days": 90,
            "x": np.arange(n),
            "t_x": 1,
            "T": 2,
            "expected_orders": alive * if_alive,
            "orders_if_alive": if_alive,
            "n_customers": customers,
            "actual_orders": orders.sum(axis=1),
            "sum_of_squared_orders": (orders**2).sum(axis=1),
        }
    )


def estimate(frame: pd.DataFrame) -> tuple[float, float]:
    return dormant_share(*(frame[column].to_numpy(float) for column in COLUMNS))


@pytest.mark.parametrize("share", [0.05, 0.2, 0.6])
def test_it_is_the_best_of_a_grid(share):
    frame = world(1, share)
    grid = np.linspace(0, 1, 100_001)
    mean = np.outer(1 - grid, frame["expected_orders"])
    mean += np.outer(grid, frame["orders_if_alive"])
    likelihood = np.log(mean) @ frame["actual_orders"] - mean @ frame["n_customers"]
    assert estimate(frame)[0] == pytest.approx(grid[likelihood.argmax()], abs=1e-5)


def test_its_intervals_hold_the_truth_over_many_seeds():
    # 95 % of 400 worlds, within three binomial standard errors; and no bias.
    found = np.array([estimate(world(seed, 0.2)) for seed in range(400)])
    held = np.abs(found[:, 0] - 0.2) <= 1.96 * found[:, 1]
    assert abs(held.mean() - 0.95) <= 3 * np.sqrt(0.95 * 0.05 / 400)
    assert abs(found[:, 0].mean() - 0.2) <= 3 * found[:, 0].std() / np.sqrt(400)


def test_customers_one_by_one_give_what_their_groups_give():
    frame = world(2, 0.3, customers=1)
    doubled = pd.concat([frame, frame])
    grouped = frame.assign(**{name: 2 * frame[name] for name in COLUMNS[2:]})
    assert estimate(doubled) == pytest.approx(estimate(grouped), rel=1e-9)


def test_the_share_stays_a_share():
    frame = world(3, 0.2)
    nobody = frame.assign(actual_orders=0, sum_of_squared_orders=0)
    share, error = estimate(nobody)
    assert share == 0
    assert np.isnan(error)
    many = frame.assign(actual_orders=100 * frame["n_customers"])
    share, error = estimate(many)
    assert share == 1
    assert np.isnan(error)
    # Where everybody is alive, nobody can be dormant.
    share, error = estimate(frame.assign(expected_orders=frame["orders_if_alive"]))
    assert share == 0


def test_each_origin_learns_from_those_before_it():
    past = world(4, 0.2)
    earlier = world(5, 0.5).assign(days_ago=180)
    shares = fit_dormant_shares(
        pd.concat([past, earlier]), ORIGINS, min_customers=100
    ).set_index(["days_ago", "horizon_days"])
    assert list(shares["status"]) == ["fitted"] * 3
    assert shares["dormant_share"][90, 90] == estimate(earlier)[0]
    both = estimate(pd.concat([past, earlier]))
    assert shares["dormant_share"][0, 90] == pytest.approx(both[0], rel=1e-9)
    # A longer horizon learns from the longest that was seen.
    assert shares["dormant_share"][0, 365] == shares["dormant_share"][0, 90]
    assert shares["trained_horizon_days"][0, 365] == 90
    row = shares.loc[0, 90]
    assert (row["ci_lower"], row["ci_upper"]) == pytest.approx(
        (both[0] - 1.959964 * both[1], both[0] + 1.959964 * both[1]), rel=1e-6
    )
    assert row["n_customers"] == 2 * 400 * 5


def test_too_few_customers_or_no_past_leave_nobody_dormant():
    past = world(6, 0.2)
    shares = fit_dormant_shares(past, ORIGINS, min_customers=2001)
    assert list(shares["status"]) == ["too_little_data"] * 3
    assert list(shares["dormant_share"]) == [0, 0, 0]
    assert shares["message"][0] == "Only 2000 customers to learn from, 2001 needed."
    shares = fit_dormant_shares(past.head(0), ORIGINS, min_customers=1)
    assert list(shares["n_customers"]) == [0, 0, 0]
    assert fit_dormant_shares(past, ORIGINS.head(0), min_customers=1).empty


def test_what_is_learned_from_was_known():
    rows = pd.DataFrame(
        {"days_ago": [90, 180, 365, 136], "horizon_days": [90, 90, 365, 136]}
    )
    assert list(learned_from(rows, 0, 365)["days_ago"]) == [365]
    assert list(learned_from(rows, 0, 200)["days_ago"]) == [136]
    assert list(learned_from(rows, 0, 90)["days_ago"]) == [90, 180]
    assert list(learned_from(rows, 90, 136)["days_ago"]) == [180]
    assert learned_from(rows, 91, 136).empty
    assert learned_from(rows, 0, 89).empty


def test_a_horizon_is_predicted_as_it_was_tested():
    # The origin 365 days ago tests 365 days, and had seen 90 days pass. So 90 days
    # are learned from, there and now, though 365 have passed since.
    rows = pd.DataFrame({"days_ago": [90, 455, 365], "horizon_days": [90, 90, 365]})
    assert list(learned_from(rows, 365, 365)["days_ago"]) == [455]
    assert list(learned_from(rows, 0, 365)["days_ago"]) == [90, 455]
    # With another year behind it, the test had seen 365 days pass.
    longer = pd.concat([rows, rows.assign(days_ago=730, horizon_days=365).head(1)])
    assert list(learned_from(longer, 365, 365)["days_ago"]) == [730]
    assert list(learned_from(longer, 0, 365)["days_ago"]) == [365, 730]
