"""What meeting a touchpoint does to a customer's value: doubly robust comparisons.

Of the moments in which people met a touchpoint (D = 1) and moments in which they did
not (D = 0), with what was known then (X) and what came after (Y), the mean effect on
the exposed is

    ATT = E[Y | D = 1] - E[Y(0) | D = 1],

Y(0) being what would have come without the touchpoint. With a logit e(X) of being
exposed and a quasi-Poisson regression m(X) of Y on the unexposed, the augmented
inverse-probability estimate (Robins, Rotnitzky and Zhao, 1994) for the exposed is that
of Sant'Anna and Zhao (2020, eq. 3.1), with Y in the place of their difference:

    ATT = Σ w₁ (Y - m(X)) / Σ w₁ - Σ w₀ (Y - m(X)) / Σ w₀,
    w₁ = D,  w₀ = (1 - D) e(X) / (1 - e(X)).

It is consistent if either e or m is right. Its influence function (their theorem A.1)
counts that both were estimated, so that the data need no splitting into folds: with few
parameters a fit does not know its own rows by heart. It is summed by person before it
is squared, since one person has many moments.

How strong a hidden cause would have to be to explain an effect away is its E-value
(VanderWeele and Ding, 2017): RR + √(RR (RR - 1)), with RR ≈ exp(0.91 d), d the effect
in standard deviations of Y, for an outcome that is an amount.
"""

from dataclasses import dataclass, fields

import numpy as np
import pandas as pd
import statsmodels.api as sm
from numpy.typing import NDArray
from scipy import special, stats
from statsmodels.stats.multitest import multipletests

from journey_clv.likelihood import Floats, NotConvergedError
from journey_clv.regression import RidgeGlm, maximize_ridge

Flags = NDArray[np.bool_]
Numbers = NDArray[np.int64]
# As if one row had been seen that says that a feature says nothing: enough to have an
# answer where one is never, or always, met with the touchpoint.
PENALTY = 1.0
# Where nine of ten of the like met it, those who did not are odd, and no fair
# comparison (Crump, Hotz, Imbens and Mitnik, 2009).
LARGEST_PROPENSITY = 0.9
_FEWEST_LIKES = 5
_FEWEST_OF_CHANNEL = 20
_NO_DEVIATION = 1e-9
_DAYS_PER_YEAR = 365.25
TYPES = {
    "stage": "str",
    "touchpoint": "str",
    "n_compared": "int64",
    "n_supported": "int64",
    "n_people": "int64",
    "n_likes": "int64",
    "mean_value": "float64",
    "mean_value_without": "float64",
    "effect": "float64",
    "std_error": "float64",
    "effect_lower": "float64",
    "effect_upper": "float64",
    "p_value": "float64",
    "adjusted_p_value": "float64",
    "e_value": "float64",
    "interval_e_value": "float64",
}


@dataclass(frozen=True)
class Effect:
    """Mean effect on the exposed, and what it is the difference of."""

    effect: float
    mean_exposed: float
    std_error: float
    n_people: int

    @property
    def half_width(self) -> float:
        """Half of the 95 % interval: Student's t, by the number of people exposed."""
        return float(stats.t.ppf(0.975, self.n_people - 1) * self.std_error)

    @property
    def p_value(self) -> float:
        """Chance of an effect as far from nothing, if there were none."""
        distance = abs(self.effect) / self.std_error
        return float(2 * stats.t.sf(distance, self.n_people - 1))


def touchpoint_effects(
    moments: pd.DataFrame, touched: pd.DataFrame, *, min_exposures: int
) -> pd.DataFrame:
    """Estimate the effect of each touchpoint, in each stage, on the value to come.

    Args:
        moments: moment_number, customer_key, compared_with, is_sampled_like,
            margin_amount (what came), and what was known: stage_before, entry_channel,
            day_number, tenure_days, recency_days, n_recent_visits, n_orders,
            order_amount, order_recency_days.
        touched: stage and touchpoint of the exposure in a moment_number; without a
            stage, the moment is none, and cannot stand for those without it either.
        min_exposures: with fewer exposures that have like, nothing is estimated.

    Returns:
        A row per stage and touchpoint: n_compared exposures, n_supported of them with
        like, n_people of those, n_likes; mean_value, mean_value_without (what it would
        have been), effect with std_error, 95 % interval, p_value, adjusted_p_value
        (Benjamini and Hochberg, of all rows), e_value, interval_e_value (of the end of
        the interval next to nothing). NaN where too few exposures, or less than half
        of them, have like, a fit did not converge, or the effect came out as more than
        the outcomes differ at all.

    Raises:
        KeyError: a column is missing.
    """
    ordered = moments.sort_values("moment_number")
    known = _Known.of(ordered)
    numbers = ordered["moment_number"].to_numpy(np.int64)
    is_like = ordered["is_sampled_like"].to_numpy(np.bool_)
    found = []
    for touchpoint, met in touched.groupby("touchpoint", sort=True):
        may_stand = is_like.copy()
        may_stand[np.searchsorted(numbers, met["moment_number"])] = False
        likes = np.flatnonzero(may_stand)
        for stage, chosen in met.dropna(subset="stage").groupby("stage", sort=True):
            exposures = np.searchsorted(numbers, np.sort(chosen["moment_number"]))
            row = _compare(known, exposures, likes, min_exposures)
            found.append({"stage": stage, "touchpoint": touchpoint, **row})
    if not found:
        return pd.DataFrame(columns=list(TYPES)).astype(TYPES)
    return adjust(pd.DataFrame(found).reindex(columns=list(TYPES))).astype(TYPES)


def adjust(effects: pd.DataFrame) -> pd.DataFrame:
    """Return the effects with `adjusted_p_value` from all of their `p_value`."""
    judged = effects["p_value"].notna()
    adjusted = pd.Series(np.nan, index=effects.index)
    if judged.any():
        adjusted[judged] = multipletests(
            effects.loc[judged, "p_value"].astype("float64"), method="fdr_bh"
        )[1]
    return effects.assign(adjusted_p_value=adjusted)


def effect_on_exposed(
    outcome: Floats,
    exposed: Flags,
    propensity_design: Floats,
    outcome_design: Floats,
    people: Numbers,
    *,
    penalty: float = PENALTY,
) -> Effect:
    """Doubly robust mean effect on the exposed; see the module for the equations.

    Args:
        outcome: Y, shape (n,).
        exposed: D, (n,); some, and not all.
        propensity_design: X of the logit, shape (n, k), the first column all ones.
        outcome_design: X of the outcome regression, shape (n, j), likewise.
        people: number of the person of each row, 0 or more, (n,).
        penalty: ridge penalty of all columns but the first.

    Returns:
        The effect, with an error that counts each person once.

    Raises:
        NotConvergedError: a fit did not settle, or the unexposed brought nothing.
    """
    propensity, logit_information = fit_propensity(exposed, propensity_design, penalty)
    unexposed = ~exposed
    unit = float(np.mean(outcome[unexposed]))
    if not unit > 0:
        raise NotConvergedError("The unexposed brought nothing to compare with.")
    # In means of the unexposed, so that the penalty is free of the currency.
    scaled = outcome / unit
    poisson = RidgeGlm(
        scaled[unexposed], outcome_design[unexposed], family=sm.families.Poisson()
    )
    slopes, poisson_information = maximize_ridge(
        poisson,
        _penalties(outcome_design, penalty),
        np.zeros(outcome_design.shape[1]),
    )
    expected = np.exp(outcome_design @ slopes)
    residual = scaled - expected

    w_1 = exposed / exposed.sum()
    w_0 = np.where(exposed, 0.0, propensity / (1 - propensity))
    w_0 = w_0 / w_0.sum()
    eta_1, eta_0 = np.sum(w_1 * residual), np.sum(w_0 * residual)

    # How the estimate moves with the coefficients, and the coefficients with a row.
    by_slopes = ((w_1 - w_0) * expected) @ outcome_design
    by_logit = (w_0 * (residual - eta_0)) @ propensity_design
    of_slopes = np.linalg.solve(poisson_information, by_slopes)
    of_logit = np.linalg.solve(logit_information, by_logit)
    influence = (
        w_1 * (residual - eta_1)
        - w_0 * (residual - eta_0)
        - np.where(exposed, 0.0, residual) * (outcome_design @ of_slopes)
        - (exposed - propensity) * (propensity_design @ of_logit)
    )
    by_person = np.bincount(people, weights=influence)
    n = len(np.unique(people))
    return Effect(
        effect=float(unit * (eta_1 - eta_0)),
        mean_exposed=float(np.sum(w_1 * outcome)),
        std_error=float(unit * np.sqrt(n / (n - 1) * np.sum(by_person**2))),
        n_people=len(np.unique(people[exposed])),
    )


def fit_propensity(
    exposed: Flags, design: Floats, penalty: float = PENALTY
) -> tuple[Floats, Floats]:
    """Logit of being exposed: its probabilities, (n,), and its information, (k, k)."""
    model = RidgeGlm(exposed.astype(np.float64), design, family=sm.families.Binomial())
    start = np.zeros(design.shape[1])
    start[0] = special.logit(np.mean(exposed))
    slopes, information = maximize_ridge(model, _penalties(design, penalty), start)
    return special.expit(design @ slopes), information


def e_value(effect: float, deviation: float) -> float:
    """Least strength of a hidden cause, as a risk ratio with both, that explains it.

    Args:
        effect: difference of means.
        deviation: standard deviation of the outcome.

    Returns:
        1 for no effect; 2 says that the hidden cause would have to be twice as likely
        with the touchpoint, and the outcome twice as likely with the cause.
    """
    ratio = float(np.exp(0.91 * abs(effect) / deviation))
    return ratio + float(np.sqrt(ratio * (ratio - 1)))


def describe(moments: pd.DataFrame) -> pd.DataFrame:
    """Return what confounds, as numbers for the regressions, a row per moment."""
    recency = moments["recency_days"].astype("float64")
    order_recency = moments["order_recency_days"].astype("float64")
    orders = moments["n_orders"].astype("float64")
    amount = np.maximum(moments["order_amount"].astype("float64"), 0.0)
    tenure = np.maximum(moments["tenure_days"].astype("float64"), 0.0)
    phase = 2 * np.pi * moments["day_number"].astype("float64") / _DAYS_PER_YEAR
    mean_order = amount.sum() / max(orders.sum(), 1.0) or 1.0
    # What the person has brought a day, as if half a year with one order came before.
    rate = (amount + mean_order) / (tenure + _DAYS_PER_YEAR / 2)
    values = {
        "is_first_visit": recency.isna(),
        "recency": np.log1p(recency.fillna(0.0)),
        **{f"recency_from_{day}": recency >= day for day in (2, 3, 8, 30, 120)},
        "tenure": np.log1p(tenure),
        "is_new": tenure < 1,
        "visits": np.log1p(moments["n_recent_visits"].astype("float64")),
        "orders": np.log1p(orders),
        "has_ordered": orders > 0,
        "order_recency": np.log1p(order_recency.fillna(0.0)),
        **{f"ordered_within_{day}": order_recency < day for day in (3, 8, 15, 61)},
        "mean_order": np.where(
            (orders > 0) & (amount > 0),
            np.log(np.maximum(amount, 1e-6) / np.maximum(orders, 1.0) / mean_order),
            0.0,
        ),
        "rate": np.log(rate),
        "season_sine": np.sin(phase),
        "season_cosine": np.cos(phase),
        "day": moments["day_number"],
    }
    return pd.DataFrame(values, index=moments.index).astype("float64")


@dataclass(frozen=True)
class _Known:
    """What is known of each moment, and what came, as arrays: a row per moment."""

    outcome: Floats
    person: Numbers
    stratum: Numbers
    channel: Numbers
    features: Floats

    @classmethod
    def of(cls, moments: pd.DataFrame) -> "_Known":
        # Only days of the same kind, begun in the same stage, are compared, and days
        # with a visit with such days.
        is_of_visit = moments["recency_days"].fillna(-1).eq(0).astype("str")
        kind = moments["compared_with"] + " " + is_of_visit
        return cls(
            moments["margin_amount"].to_numpy(np.float64),
            _codes(moments["customer_key"]),
            _codes(kind + " " + moments["stage_before"]),
            _codes(moments["entry_channel"]),
            describe(moments).to_numpy(np.float64),
        )

    def take(self, rows: Numbers | Flags) -> "_Known":
        return _Known(*(getattr(self, field.name)[rows] for field in fields(self)))


def _compare(
    known: _Known, exposures: Numbers, likes: Numbers, min_exposures: int
) -> dict[str, float]:
    """Compare exposures with likes of the same kind and stage; both are positions."""
    rows = known.take(np.concatenate([exposures, likes]))
    exposed = np.arange(len(rows.outcome)) < len(exposures)
    counts: dict[str, float] = {"n_compared": len(exposures)}
    met = np.bincount(rows.stratum[exposed], minlength=rows.stratum.max() + 1)
    unmet = np.bincount(rows.stratum[~exposed], minlength=len(met))
    kept = ((met > 0) & (unmet >= _FEWEST_LIKES))[rows.stratum]
    try:
        for is_last in (False, True):
            rows, exposed = rows.take(kept), exposed[kept]
            n_supported = int(exposed.sum())
            counts["n_supported"] = n_supported
            counts["n_people"] = len(np.unique(rows.person[exposed]))
            counts["n_likes"] = len(exposed) - n_supported
            if n_supported < max(min_exposures, 0.5 * len(exposures)) or exposed.all():
                return counts
            design = _design(rows, exposed)
            if not is_last:
                kept = fit_propensity(exposed, design)[0] <= LARGEST_PROPENSITY
        found = effect_on_exposed(rows.outcome, exposed, design, design, rows.person)
    except NotConvergedError:
        return counts
    if found.n_people < 2 or not found.std_error > 0:
        return counts
    # A curve through a few purchases can say anything of those beyond them.
    if abs(found.effect) > np.ptp(rows.outcome):
        return counts
    arms = rows.outcome[exposed], rows.outcome[~exposed]
    squares = sum(np.sum((arm - arm.mean()) ** 2) for arm in arms)
    deviation = float(np.sqrt(squares / len(exposed)))
    least = max(0.0, abs(found.effect) - found.half_width)
    return counts | {
        "mean_value": found.mean_exposed,
        "mean_value_without": found.mean_exposed - found.effect,
        "effect": found.effect,
        "std_error": found.std_error,
        "effect_lower": found.effect - found.half_width,
        "effect_upper": found.effect + found.half_width,
        "p_value": found.p_value,
        "e_value": e_value(found.effect, deviation),
        "interval_e_value": e_value(least, deviation),
    }


def _design(rows: _Known, exposed: Flags) -> Floats:
    """Ones, then what varies, by deviations: features, strata and channels of entry."""
    is_often = np.bincount(rows.channel[exposed], minlength=rows.channel.max() + 1)
    often = np.where(
        is_often[rows.channel] >= _FEWEST_OF_CHANNEL, rows.channel, len(is_often)
    )
    values = np.column_stack([rows.features, _dummies(rows.stratum), _dummies(often)])
    deviation = values.std(axis=0)
    varies = deviation > _NO_DEVIATION
    standard = (values[:, varies] - values[:, varies].mean(axis=0)) / deviation[varies]
    return np.column_stack([np.ones(len(exposed)), standard])


def _codes(values: pd.Series) -> Numbers:
    """Number the values in their order."""
    return pd.factorize(values, sort=True)[0].astype(np.int64)


def _dummies(codes: Numbers) -> Flags:
    """A column per code, but the most frequent, which stands for all zeros."""
    names, counts = np.unique(codes, return_counts=True)
    return np.equal(codes[:, None], np.delete(names, counts.argmax()))


def _penalties(design: Floats, penalty: float) -> Floats:
    penalties = np.full(design.shape[1], penalty)
    penalties[0] = 0.0
    return penalties
