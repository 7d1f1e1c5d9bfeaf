"""Behaviour clusters: found where planted, the same from day to day."""

from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from conftest import Build, build
from scipy.cluster import vq

from journey_clv.clusters import (
    FEATURES,
    adjusted_rand_index,
    fit_clusters,
    k_means,
    name_clusters,
    nearest,
)
from journey_clv.simulate.plan import Plan
from journey_clv.simulate.run import simulate
from journey_clv.simulate.scenario import load_scenario

NAMES = list(FEATURES)


def customers(values: Any) -> pd.DataFrame:
    frame = pd.DataFrame(values, columns=NAMES)
    return frame.assign(customer_key=[f"{i:06d}" for i in range(len(frame))])


def score(frame: pd.DataFrame, fit: pd.DataFrame) -> pd.Series:
    """Assign customers to the nearest center, as SQL does."""
    scale = fit.drop_duplicates("feature").set_index("feature").loc[NAMES]
    wide = fit.pivot(index="cluster_number", columns="feature", values="center")[NAMES]
    values = frame[NAMES].clip(scale["feature_min"], scale["feature_max"], axis=1)
    points = (values - scale["feature_mean"]) * scale["feature_scale"]
    distances = [((points - center) ** 2).sum(axis=1) for _, center in wide.iterrows()]
    labels = wide.index.to_numpy()[np.argmin(distances, axis=0)]
    return pd.Series(labels, index=frame["customer_key"])


def names(fit: pd.DataFrame) -> list[str]:
    return fit.drop_duplicates("cluster_number")["cluster_name"].tolist()


def agreement(first: pd.Series, second: pd.Series) -> float:
    both = pd.concat([first, second], axis=1, join="inner").to_numpy()
    return adjusted_rand_index(both[:, 0], both[:, 1])


def test_the_rand_index_is_one_over_pairs():
    # Hubert and Arabie's formula against its meaning: pairs together in both.
    rng = np.random.default_rng(1)
    first, second = rng.integers(0, 3, 40), rng.integers(0, 4, 40)
    pairs = list(combinations(range(40), 2))
    in_first = np.array([first[i] == first[j] for i, j in pairs])
    in_second = np.array([second[i] == second[j] for i, j in pairs])
    chance = in_first.sum() * in_second.sum() / len(pairs)
    most = (in_first.sum() + in_second.sum()) / 2
    expected = ((in_first & in_second).sum() - chance) / (most - chance)
    assert adjusted_rand_index(first, second) == pytest.approx(expected)
    assert adjusted_rand_index(first, (first + 1) % 3) == 1


def test_k_means_is_as_good_as_scipys():
    points = np.random.default_rng(2).normal(size=(500, 3))
    for k in (3, 6):
        centers = k_means(points, k)
        ours = ((points - centers[nearest(points, centers)]) ** 2).sum()
        runs = [vq.kmeans2(points, k, minit="++", rng=seed) for seed in range(20)]
        theirs = min(((points - c[labels]) ** 2).sum() for c, labels in runs)
        assert ours <= 1.005 * theirs


@pytest.mark.parametrize("k", [3, 4, 5, 6])
def test_planted_clusters_are_found(k: int):
    # In each feature every cluster has a level of its own, and six deviations of the
    # noise lie between two levels.
    for seed in range(12):
        rng = np.random.default_rng(seed)
        levels = np.stack([rng.permutation(k) for _ in NAMES], axis=1)
        truth = rng.integers(0, k, 900)
        frame = customers(levels[truth] + rng.normal(scale=1 / 6, size=(900, 4)))
        fit = fit_clusters(frame)
        assert fit["cluster_number"].nunique() == k, seed
        found = score(frame, fit).to_numpy()
        assert adjusted_rand_index(truth, found) >= 0.95, seed


def test_what_has_no_clusters_is_cut_into_three():
    # One cloud, as wide as it is long: no number of parts is clearer than another.
    counts = []
    for seed in range(10):
        rng = np.random.default_rng(seed)
        values = rng.normal(size=(1500, 4)) * [1, 1, 0, 0]
        fit = fit_clusters(customers(values))
        counts.append(fit["cluster_number"].nunique())
    assert set(counts) == {3}


def test_too_few_customers_are_one_cluster():
    for n in (0, 1, 199):
        frame = customers(np.random.default_rng(n).normal(size=(n, 4)))
        fit = fit_clusters(frame)
        assert names(fit) == ["all"]
        assert set(fit["status"]) == {"too_few_customers"}
        assert np.isfinite(
            fit[["feature_mean", "feature_scale", "center"]].to_numpy()
        ).all()
        assert (score(frame, fit) == 1).all()


def test_customers_who_are_all_alike_are_clustered_without_an_error():
    fit = fit_clusters(customers(np.ones((300, 4))))
    assert (fit["feature_scale"] == 0).all()
    assert names(fit) == ["all"]


def test_clusters_are_named_by_what_is_far_from_the_mean_of_all():
    standing = np.array(
        [[2.0, 0.4, 0, 0], [0.6, 0, 0, 0.5], [0.7, 0, 0, 0], [-0.3, 0.2, 0, 0]]
    )
    assert name_clusters(standing) == [
        "buy very often", "buy often", "buy often (2)", "like most",
    ]  # fmt: skip


def test_the_order_of_the_rows_says_nothing():
    rng = np.random.default_rng(4)
    frame = customers(rng.normal(size=(400, 4)))
    shuffled = frame.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(fit_clusters(frame), fit_clusters(shuffled))


# The same clusters from day to day


HABITS = """
    with purchases as (
        select customer_key, sum(n_purchases) as n,
            sum(net_revenue_amount)::double as revenue, sum(refunded_amount) as refunded
        from intermediate.int_purchase_facts
        where fact_date <= (select as_of_date from intermediate.int_as_of) - {ago}
        group by customer_key having sum(n_purchases) > 0
    ),
    contacts as (
        select customer_key, sum(memberships) as memberships
        from intermediate.int_contact_facts
        where fact_date <= (select as_of_date from intermediate.int_as_of) - {ago}
        group by customer_key
    )
    select ln(n), ln(1 + greatest(revenue, 0) / n),
        coalesce(memberships > 0, false)::double, (refunded > 0)::double, customer_key
    from purchases left join contacts using (customer_key)
"""


@pytest.fixture(scope="module", params=["shop", "cdnow"])
def habits(
    request: pytest.FixtureRequest,
    samples: dict[str, Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[int, pd.DataFrame]:
    """What customers are clustered by now, a week ago and a month ago."""
    if request.param == "cdnow":
        orders = pd.read_parquet(samples["cdnow"] / "orders.parquet")
        orders["day"] = pd.to_datetime(orders["ordered_at"]).dt.normalize()
        found = {}
        for ago in (0, 7, 30):
            known = orders[
                orders["day"] <= orders["day"].max() - pd.Timedelta(ago, "D")
            ]
            days = known.groupby(["customer_id", "day"])["amount"].sum()
            own = days.astype(float).groupby("customer_id")
            found[ago] = pd.DataFrame(
                {NAMES[0]: np.log(own.size()), NAMES[1]: np.log1p(own.mean())}
            ).assign(is_member=0.0, has_refunds=0.0, customer_key=own.size().index)
        return found
    world = tmp_path_factory.mktemp("world")
    simulate(Plan(load_scenario("shop"), 1500, 24, 3), world, workers=1)
    built = build(
        world / "raw", tmp_path_factory.mktemp("habits"),
        "--indirect-selection", "cautious",
        "--select", "+int_purchase_facts", "+int_contact_facts",
    )  # fmt: skip
    assert built.result.success
    columns = [*NAMES, "customer_key"]
    return {
        ago: pd.DataFrame(built.work(HABITS.format(ago=ago)), columns=columns)
        for ago in (0, 7, 30)
    }


def test_clusters_last_from_day_to_day(habits: dict[int, pd.DataFrame]):
    fits = {ago: fit_clusters(frame.head(10000)) for ago, frame in habits.items()}
    now = score(habits[0], fits[0])
    for ago, least in {7: 0.95, 30: 0.9}.items():
        assert names(fits[ago]) == names(fits[0])
        assert agreement(now, score(habits[ago], fits[ago])) >= least, ago


def test_a_twentieth_fewer_customers_change_little(habits: dict[int, pd.DataFrame]):
    fit = fit_clusters(habits[0].head(10000))
    now = score(habits[0], fit)
    for seed in range(5):
        kept = habits[0].sample(frac=0.95, random_state=seed)
        other = fit_clusters(kept.head(10000))
        assert names(other) == names(fit)
        assert agreement(now, score(kept, other)) >= 0.9, seed


def test_sql_finds_the_center_that_numpy_finds(cdnow_sample: Build):
    sampled = cdnow_sample.work("from intermediate.int_cluster_sample")
    frame = pd.DataFrame(sampled, columns=[*NAMES, "customer_key"])
    fit = fit_clusters(frame)
    columns = list(fit.columns)
    rows = cdnow_sample.work(
        f"select {', '.join(columns)} from models_python.py_behaviour_clusters"
    )
    order = ["cluster_number", "feature"]
    pd.testing.assert_frame_equal(
        pd.DataFrame(rows, columns=columns).sort_values(order, ignore_index=True),
        fit.sort_values(order, ignore_index=True),
        check_dtype=False,
    )
    found = cdnow_sample.frame("from customer_clusters").set_index("customer_key")
    expected = score(frame, fit)
    assert (found["cluster_number"].loc[expected.index] == expected).all()
    assert names(fit) == ["buy very often", "buy often", "buy seldom"]
