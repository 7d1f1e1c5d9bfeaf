"""What a touchpoint does to a customer's value where experiments gave it out by lot.

An experiment puts people in variants that make them meet a touchpoint on more days, or
on fewer. With D the days with it and Y the margin of the same time, and Z, the variant,
changing Y through D alone, two-stage least squares with a dummy per variant is

    β = Σ z Y / Σ z²,    z = mean of D in the variant - mean of D in the experiment,

summed over people, and over the experiments with that touchpoint, each of which has a
level of its own. Of two variants it is Wald's ratio, (Ȳ₁ - Ȳ₀) / (D̄₁ - D̄₀). Which of
them is the control does not matter: β is what one more day does, on average over the
days that the variants gave or spared (Imbens and Angrist, 1994, theorem 1; Angrist and
Imbens, 1995, theorems 1 and 2, for counts), if no variant gives days to some and spares
them others.

Its variance is Σ (Σ z u)² / (Σ z²)², u being what is left of Y, the inner sum over the
rows of a person. The variants must move D: the F of the first stage,

    F = Σ z² / Σ_v (1 - n_v / n) s_v²,

with s_v² the variance of D in variant v, has no equal variances in it (Montiel Olea and
Pflueger, 2013; of two variants, the square of Welch's t). Below 10 the estimate leans
towards the naive comparison, and its interval is too narrow (Staiger and Stock, 1997).
"""

from typing import Any

import numpy as np
import pandas as pd

from journey_clv.effects import TYPES, Effect, Numbers, adjust
from journey_clv.likelihood import Floats

# Staiger and Stock (1997): below it, the instrument is weak.
SMALLEST_F = 10.0
_NOTHING = dict.fromkeys(("n_compared", "n_supported", "n_people", "n_likes"), 0)


def with_experiments(
    effects: pd.DataFrame, people: pd.DataFrame, *, min_people: int
) -> pd.DataFrame:
    """Put what experiments tell in the place of what touchpoints go with.

    Args:
        effects: as `touchpoint_effects` returns them.
        people: experiment_id, touchpoint, customer_key, variant (null for who was seen
            in several), n_days_met, margin_amount: a row per experiment and person.
        min_people: variants with fewer people are left out.

    Returns:
        The effects with `first_stage_f` of the touchpoints that experiments give out,
        in stage `any`. Where it is 10 or more, `is_randomised` is true and the row is
        of the experiments: n_compared people in them, n_supported in one variant that
        is compared, n_people of those, each counted once, their mean_value, and the
        effect of a day. P-values of experiments, each of which asks one thing that
        somebody wanted to know, are adjusted by themselves, and so are the others.

    Raises:
        KeyError: a column is missing.
    """
    rows: dict[Any, dict[Any, Any]] = {
        (row["stage"], row["touchpoint"]): row for row in effects.to_dict("records")
    }
    ordered = people.sort_values(["experiment_id", "customer_key"])
    for touchpoint, everybody in ordered.groupby("touchpoint", sort=True):
        compared = _in_a_variant(everybody, min_people)
        if not len(compared):
            continue
        found, first_stage_f = effect_of_a_day(
            compared["margin_amount"].to_numpy(np.float64),
            compared["n_days_met"].to_numpy(np.float64),
            _codes(compared, "experiment_id", "variant"),
            _codes(compared, "experiment_id"),
            _codes(compared, "customer_key"),
        )
        key = ("any", touchpoint)
        row = {"stage": "any", "touchpoint": touchpoint, **_NOTHING}
        if first_stage_f >= SMALLEST_F and found.std_error > 0:
            rows[key] = row | {
                "n_compared": len(everybody),
                "n_supported": len(compared),
                "n_people": found.n_people,
                "mean_value": found.mean_exposed,
                "effect": found.effect,
                "std_error": found.std_error,
                "effect_lower": found.effect - found.half_width,
                "effect_upper": found.effect + found.half_width,
                "p_value": found.p_value,
                "is_randomised": True,
            }
        rows.setdefault(key, dict(row))["first_stage_f"] = first_stage_f
    types = TYPES | {"first_stage_f": "float64", "is_randomised": "bool"}
    result = pd.DataFrame(list(rows.values())).reindex(columns=list(types))
    result["is_randomised"] = result["is_randomised"].eq(True)
    for _, family in result.groupby("is_randomised"):
        adjusted = adjust(family)["adjusted_p_value"]
        result.loc[family.index, "adjusted_p_value"] = adjusted
    return result.astype(types)


def effect_of_a_day(
    outcome: Floats,
    days: Floats,
    variant: Numbers,
    experiment: Numbers,
    people: Numbers,
) -> tuple[Effect, float]:
    """Two-stage least squares; see the module for the equations.

    Args:
        outcome: Y, shape (n,).
        days: D, (n,).
        variant: number of the variant, another one in another experiment, (n,); two
            people or more in each.
        experiment: number of the experiment, (n,).
        people: number of the person, (n,).

    Returns:
        The effect of a day, whose `mean_exposed` is the mean of all, and the F of the
        first stage. Where the variants do not move D at all, the effect is NaN, F is 0.
    """
    expected = _means(days, variant)
    z = expected - _means(days, experiment)
    moved = float(np.sum(z**2))
    n_of_variant = np.bincount(variant)[variant]
    share = n_of_variant / np.bincount(experiment)[experiment]
    noise = float(np.sum((1 - share) * (days - expected) ** 2 / (n_of_variant - 1)))
    n = len(np.unique(people))
    effect, std_error, first_stage_f = np.nan, np.nan, 0.0
    if moved > 0:
        effect = float(np.sum(z * outcome) / moved)
        residual = (
            outcome
            - _means(outcome, experiment)
            - effect * (days - _means(days, experiment))
        )
        by_person = np.bincount(people, weights=z * residual)
        freedom = n / (n - len(np.unique(variant)))
        std_error = float(np.sqrt(freedom * np.sum(by_person**2)) / moved)
        first_stage_f = moved / noise if noise > 0 else np.inf
    found = Effect(effect, float(np.mean(outcome)), std_error, n)
    return found, first_stage_f


def _in_a_variant(people: pd.DataFrame, min_people: int) -> pd.DataFrame:
    """Return who was in one large variant of an experiment that has several of them."""
    known = people.dropna(subset="variant")
    variants = known.groupby(["experiment_id", "variant"])["customer_key"]
    large = known[variants.transform("size") >= max(min_people, 2)]
    experiments = large.groupby("experiment_id")["variant"]
    return large[experiments.transform("nunique") > 1]


def _codes(people: pd.DataFrame, *columns: str) -> Numbers:
    """Number the values of columns in their order."""
    return np.asarray(people.groupby(list(columns)).ngroup(), dtype=np.int64)


def _means(values: Floats, groups: Numbers) -> Floats:
    """Return the mean of the group of each row."""
    means = np.bincount(groups, weights=values) / np.bincount(groups)
    return np.asarray(means[groups])
