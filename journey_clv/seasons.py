"""The season of purchases, and the time in which there is none.

Buy-till-you-die models know customers, and no calendar: whoever comes before Christmas
looks keener than they are, and whoever is silent in August looks gone. So what the
calendar does is learned first and taken out of time: a day counts for as much as it
brings of an average day's purchases. In that operational time (Çınlar, 1975,
Introduction to Stochastic Processes, section 4.7: the time change that makes a Poisson
process even) the models are fitted and predict, whatever they are.

How much a day brings is the exponential of a few waves of one year, which multiply how
often customers of one age and of one quarter of arrival buy, both step functions. Of
whole weeks,

    E[purchases] = customers · rate(age) · level(quarter of arrival)
                   · exp(Σ over k of cₖ cos kφ + sₖ sin kφ),    φ = 2π day/365.25.

A ridge penalty, learned, draws the waves to nothing where the data say little about
them. Where all came at about one time, age is the season: waves that age and quarter of
arrival can feign are no season (their variance inflation factors say so).
"""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import linalg, stats

from journey_clv.likelihood import Floats, NotConvergedError
from journey_clv.regression import fit_ridge, learn_ridge, quasi_poisson

DAYS_PER_YEAR = 365.25
# With fewer, a part of the year has never been seen.
_LEAST_WEEKS = 52
_WEEKS_PER_QUARTER = 13
# The greatest variance inflation factor, of any sum of waves.
_MOST_INFLATION = 3.0
_STEPS = ["age", "cohort"]
# Ages from which on customers are taken to buy at another rate: twice a doubling.
_AGES_IN_WEEKS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512)
_TYPES = {
    "days_ago": "int64",
    "days_ahead": "int64",
    "calendar_date": "datetime64[us]",
    "season_index": "float64",
    "ci_lower": "float64",
    "ci_upper": "float64",
    "operational_day": "float64",
}


def learn_seasons(
    weeks: pd.DataFrame,
    origins: pd.DataFrame,
    *,
    days_ahead: int,
    n_waves: int,
    min_repeat_purchases: int,
) -> pd.DataFrame:
    """The season that was known at each origin, day by day.

    Args:
        weeks: days_ago; cohort_weeks_ago and weeks_ago, whole weeks from the first
            purchase of customers, and from the purchase that is counted, to the origin;
            n_first_purchases and n_repeat_purchases, both in days with a purchase.
        origins: days_ago and origin_date, a row per origin, or several.
        days_ahead: days after the origin that are wanted.
        n_waves: of a year, of half of it and so on; without any there is no season.
        min_repeat_purchases: with fewer there is no season to be learned, nor is there
            before 52 whole weeks.

    Returns:
        A row per origin and day, from the first day of the first week to `days_ahead`:
        days_ago; days_ahead, below 0 before the origin; calendar_date; season_index,
        what the day brings against the average day of a year, with its 95 % interval
        (clustered by week); and operational_day, the sum of the index from the origin,
        at which it is 0. Where no season was learned the index is 1 and the interval
        null. The index is 1 on average over four years.

    Raises:
        KeyError: a column is missing.
    """
    parts = [pd.DataFrame(columns=list(_TYPES))]
    dates = origins[["days_ago", "origin_date"]].drop_duplicates().dropna()
    for days_ago, date in sorted(dates.itertuples(index=False, name=None)):
        own = weeks[weeks["days_ago"] == days_ago]
        if own.empty:
            continue
        first = 7 * (int(own["cohort_weeks_ago"].max()) + 1)
        ahead = np.arange(-first, days_ahead + 1)
        origin = pd.Timestamp(date)
        day = origin.toordinal()
        index, lower, upper = np.ones(len(ahead)), None, None
        learned = _learn_waves(own, day, n_waves, min_repeat_purchases)
        if learned is not None:
            params, covariance = learned
            waves = _waves(day + ahead, n_waves)
            spread = stats.norm.ppf(0.975) * np.sqrt(
                np.einsum("ij,jk,ik->i", waves, covariance, waves)
            )
            four_years = _waves(np.arange(1461), n_waves)
            mean = np.mean(np.exp(four_years @ params))
            index = np.exp(waves @ params) / mean
            lower, upper = index * np.exp(-spread), index * np.exp(spread)
        total = np.cumsum(index)
        parts.append(
            pd.DataFrame(
                {
                    "days_ago": days_ago,
                    "days_ahead": ahead,
                    "calendar_date": origin + pd.to_timedelta(ahead, unit="D"),
                    "season_index": index,
                    "ci_lower": lower,
                    "ci_upper": upper,
                    "operational_day": total - total[first],
                }
            )
        )
    return pd.concat(parts[1:] or parts, ignore_index=True).astype(_TYPES)


def operational_days(seasons: pd.DataFrame, days_ahead: ArrayLike) -> Floats:
    """How long the time from an origin on is without its season.

    Args:
        seasons: days_ahead and operational_day of one origin, as `learn_seasons`
            returns them; or no rows.
        days_ahead: calendar days after the origin, shape (k,).

    Returns:
        Operational days, shape (k,); as many as of the calendar beyond the rows, since
        a whole year is as long in both.
    """
    days = np.asarray(days_ahead, dtype=np.int64)
    known = seasons.set_index("days_ahead")["operational_day"]
    return known.reindex(days).fillna(pd.Series(days, days)).to_numpy(np.float64)


def _learn_waves(
    weeks: pd.DataFrame, day: int, n_waves: int, min_repeat_purchases: int
) -> tuple[Floats, Floats] | None:
    """Coefficients of the waves and their covariance; None if there is too little."""
    cells = _cells(weeks)
    n_weeks = int(weeks["cohort_weeks_ago"].max()) + 1
    enough = cells["purchases"].sum() >= max(min_repeat_purchases, 1)
    if not (n_waves and enough) or n_weeks < _LEAST_WEEKS:
        return None
    # An age at which nobody bought says nothing of the season, nor does such a quarter.
    for kind in _STEPS:
        cells = cells[cells.groupby(kind)["purchases"].transform("sum") > 0]
    steps = pd.get_dummies(cells[_STEPS], columns=_STEPS, drop_first=True)
    waves = _waves(day - 7 * cells["weeks_ago"].to_numpy() - 3, n_waves)
    design = np.column_stack([np.ones(len(cells)), steps.to_numpy(np.float64), waves])
    n_free = design.shape[1] - waves.shape[1]
    offset = np.log(cells["customers"].to_numpy(np.float64))
    own_weeks = pd.factorize(cells["weeks_ago"])[0].astype(np.int64)
    try:
        model = quasi_poisson(cells["purchases"].to_numpy(np.float64), design, offset)
        penalty = learn_ridge(model, own_weeks, n_free)
        params, covariance = fit_ridge(model, own_weeks, penalty, n_free)
    except (NotConvergedError, np.linalg.LinAlgError):
        return None
    expected = np.exp(design @ params + offset)
    if _inflation(design, expected, n_free) > _MOST_INFLATION:
        return None
    return params[n_free:], covariance[n_free:, n_free:]


def _inflation(design: Floats, weights: Floats, n_free: int) -> float:
    """By how much the first columns inflate the variance of the last, at the most.

    The greatest variance inflation factor of any sum of the columns from `n_free` on:
    1 / (1 - ρ²) with ρ their first canonical correlation with those before.
    """
    mean = np.average(design, axis=0, weights=weights)
    centred = np.sqrt(weights)[:, None] * (design - mean)[:, 1:]
    first, last = np.split(centred, [n_free - 1], axis=1)
    bases = [linalg.orth(columns) for columns in (first, last)]
    shared = np.linalg.svd(bases[0].T @ bases[1], compute_uv=False)
    left = 1 - float(np.max(shared, initial=0.0)) ** 2
    return 1 / left if left > 0 else np.inf


def _cells(weeks: pd.DataFrame) -> pd.DataFrame:
    """Purchases, and the customers who might have made them, by age, quarter and week.

    The week in which customers came is left out: they were there for a part of it.
    """
    n = int(weeks["cohort_weeks_ago"].max()) + 1
    arrived = np.zeros(n)
    np.add.at(arrived, weeks["cohort_weeks_ago"], weeks["n_first_purchases"])
    bought = np.zeros((n, n))
    np.add.at(
        bought,
        (weeks["cohort_weeks_ago"], weeks["weeks_ago"]),
        weeks["n_repeat_purchases"],
    )
    cohort, week = np.nonzero(np.tri(n, k=-1))
    cells = pd.DataFrame(
        {
            "age": np.searchsorted(_AGES_IN_WEEKS, cohort - week, side="right"),
            "cohort": cohort // _WEEKS_PER_QUARTER,
            "weeks_ago": week,
            "customers": arrived[cohort],
            "purchases": bought[cohort, week],
        }
    )
    summed = cells.groupby(["age", "cohort", "weeks_ago"], as_index=False).sum()
    return summed[summed["customers"] > 0]


def _waves(days: ArrayLike, n_waves: int) -> Floats:
    """Cosines and sines of the year and its fractions, shape (n, 2 n_waves)."""
    angle = 2 * np.pi * np.asarray(days, dtype=np.float64) / DAYS_PER_YEAR
    return np.column_stack(
        [wave(k * angle) for k in range(1, n_waves + 1) for wave in (np.cos, np.sin)]
    )
