"""Behaviour clusters of customers that stay the same from build to build.

K-means (Lloyd, 1982) on few features that change slowly, on robust scales. Its number
of clusters is the largest that is stable: that two bootstrap samples of the customers
agree on, by the adjusted Rand index (Hubert and Arabie, 1985), as in Hennig (2007).
Nothing is random from run to run, and nothing is remembered of the build before.
"""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from journey_clv.likelihood import Floats

Labels = NDArray[np.int64]

# The features: how much a deviation counts, and what very little, little, much and
# very much of it is called. Spend counts half: a cloud as wide as it is long can be cut
# in any direction, and which one is best would change with a few customers.
FEATURES = {
    "log_repeat_purchases": (
        1.0,
        ("buy very seldom", "buy seldom", "buy often", "buy very often"),
    ),
    "log_mean_spend": (
        0.5,
        ("spend very little", "spend little", "spend much", "spend very much"),
    ),
    "is_member": (1.0, ("not members", "not members", "members", "members")),
    "has_refunds": (
        1.0,
        ("keep what they buy", "keep what they buy", "send back", "send back"),
    ),
}
MIN_CUSTOMERS = 200
FEWEST, MOST = 3, 8
# One more cluster has to leave half or less unexplained, and clusters from two samples
# have to agree on nearly everybody. Where no number is so clear, a few customers would
# change it; then it is the fewest.
CLEAR, MIN_STABILITY = 0.5, 0.95
# So far from the mean of all, in deviations, is worth a word, and so far a strong one.
NOTABLE, STRONG = 0.5, 1.25
_ROWS_PER_SAMPLE = 1500
_PAIRS = 10
_STARTS = 10
_STARTS_PER_SAMPLE = 4
_STEPS = 100
_TYPES = {
    "cluster_number": "int64",
    "cluster_name": "str",
    "status": "str",
    "stability": "float64",
    "feature": "str",
    "feature_min": "float64",
    "feature_max": "float64",
    "feature_mean": "float64",
    "feature_scale": "float64",
    "center": "float64",
}


def adjusted_rand_index(first: Labels, second: Labels) -> float:
    """Agreement of two partitions: 1 the same, 0 as by chance."""
    table = pd.crosstab(first, second).to_numpy(dtype=np.float64)

    def pairs(counts: Floats) -> float:
        return float((counts * (counts - 1) / 2).sum())

    rows, columns = pairs(table.sum(axis=1)), pairs(table.sum(axis=0))
    by_chance = rows * columns / pairs(np.array([table.sum()]))
    most = (rows + columns) / 2
    return 1.0 if most == by_chance else (pairs(table) - by_chance) / (most - by_chance)


def nearest(points: Floats, centers: Floats) -> Labels:
    """Return the index of the nearest center of each point."""
    distances = (centers**2).sum(axis=1) - 2 * points @ centers.T
    return np.asarray(distances.argmin(axis=1), dtype=np.int64)


def unexplained(points: Floats, centers: Floats) -> float:
    """Return the sum of squared distances of points to their nearest center."""
    return float(((points - centers[nearest(points, centers)]) ** 2).sum())


def _spread(points: Floats, k: int, rng: np.random.Generator) -> Floats:
    """Draw k points far from each other: k-means++ (Arthur and Vassilvitskii, 2007)."""
    chosen = [points[rng.integers(len(points))]]
    distances = ((points - chosen[0]) ** 2).sum(axis=1)
    for _ in range(k - 1):
        sums = np.cumsum(distances)
        place = np.searchsorted(sums, rng.random() * sums[-1], side="right")
        chosen.append(points[min(int(place), len(points) - 1)])
        distances = np.minimum(distances, ((points - chosen[-1]) ** 2).sum(axis=1))
    return np.stack(chosen)


def k_means(points: Floats, k: int, starts: int = _STARTS) -> Floats:
    """Return the k centers of least squared distance, the best of so many starts."""
    best, least = points[:k], np.inf
    for start in range(starts):
        centers = _spread(points, k, np.random.default_rng([k, start]))
        labels = nearest(points, centers)
        for _ in range(_STEPS):
            sizes = np.bincount(labels, minlength=k)[:, None]
            sums = np.stack(
                [np.bincount(labels, column, k) for column in points.T], axis=1
            )
            centers = np.where(sizes > 0, sums / np.maximum(sizes, 1), centers)
            before, labels = labels, nearest(points, centers)
            if (labels == before).all():
                break
        error = unexplained(points, centers)
        if error < least * (1 - 1e-9):
            best, least = centers, error
    return best


def stability(points: Floats, k: int) -> float:
    """Return the mean agreement of k-means on pairs of bootstrap samples."""
    size = min(len(points), _ROWS_PER_SAMPLE)
    agreements = []
    for pair in range(_PAIRS):
        rng = np.random.default_rng([MOST + k, pair])
        samples = (points[rng.integers(len(points), size=size)] for _ in range(2))
        first, second = (
            nearest(points, k_means(sample, k, _STARTS_PER_SAMPLE))
            for sample in samples
        )
        agreements.append(adjusted_rand_index(first, second))
    return float(np.mean(agreements))


def choose_k(points: Floats) -> tuple[int, float]:
    """Return the number of clusters, and how stable they are.

    The largest that is clear, and stable; else the fewest.
    """
    left = {k: unexplained(points, k_means(points, k)) for k in range(FEWEST, MOST + 1)}
    for k in range(MOST, FEWEST, -1):
        if left[k] < CLEAR * left[k - 1]:
            agreement = stability(points, k)
            if agreement >= MIN_STABILITY:
                return k, agreement
    return FEWEST, stability(points, FEWEST)


def name_clusters(standing: Floats) -> list[str]:
    """Name each cluster by the feature in which it is farthest from the mean of all.

    `standing` has a row per cluster, of the most valuable first, and a column per
    feature: the mean of the cluster, in deviations from that of all.
    """
    names: list[str] = []
    for row in standing:
        words = list(FEATURES.values())[int(np.abs(row).argmax())][1]
        far = row[np.abs(row).argmax()]
        name = words[int(np.searchsorted([-STRONG, 0, STRONG], far))]
        name = name if abs(far) >= NOTABLE else "like most"
        same = sum(other.split(" (")[0] == name for other in names)
        names.append(f"{name} ({same + 1})" if same else name)
    return names


def fit_clusters(customers: pd.DataFrame) -> pd.DataFrame:
    """Fit the clusters of customers, a row each, with their key and features.

    Returns a row per cluster and feature: between which values it counts
    (`feature_min`, `feature_max`), the center of its scale, what a unit is multiplied
    by, and where on that scale the cluster is. The most valuable cluster, of purchases
    times spend, has number 1.
    """
    frame = customers.sort_values("customer_key")[list(FEATURES)].astype("float64")
    too_few = len(frame) < MIN_CUSTOMERS
    values = frame.to_numpy() if len(frame) else np.zeros((1, len(FEATURES)))
    lower, upper = np.quantile(values, [0.01, 0.99], axis=0)
    values = np.clip(values, lower, upper)
    means, deviations = values.mean(axis=0), values.std(axis=0)
    units = 1 / np.where(deviations > 1e-9, deviations, np.inf)
    scales = units * np.array([weight for weight, _ in FEATURES.values()])
    points = (values - means) * scales

    k, agreement = (1, np.nan) if too_few else choose_k(points)
    centers = points.mean(axis=0)[None] if k == 1 else k_means(points, k)
    # Fewer than k different customers leave some without a member.
    centers = centers[np.unique(nearest(points, centers))]
    k, labels = len(centers), nearest(points, centers)
    standing = np.array(
        [((values[labels == j] - means) * units).mean(axis=0) for j in range(k)]
    )
    worth = [values[labels == j, :2].sum(axis=1).mean() for j in range(k)]
    order = np.argsort(worth)[::-1]
    names = ["all"] if k == 1 else name_clusters(standing[order])

    rows: list[dict[str, Any]] = []
    for number, (j, name) in enumerate(zip(order, names, strict=True), start=1):
        rows += [
            {
                "cluster_number": number,
                "cluster_name": name,
                "status": "too_few_customers" if too_few else "fitted",
                "stability": agreement,
                "feature": feature,
                "feature_min": lower[i],
                "feature_max": upper[i],
                "feature_mean": means[i],
                "feature_scale": scales[i],
                "center": centers[j, i],
            }
            for i, feature in enumerate(FEATURES)
        ]
    return pd.DataFrame(rows).astype(_TYPES)
