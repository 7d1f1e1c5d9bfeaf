"""The fits that the dbt Python models call: frames in, frames out, days throughout.

Inputs are sorted and collapsed first, and BLAS keeps to one thread, so that a result
does not depend on the order of the rows or on the number of threads.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from journey_clv.btyd import (
    BgNbd,
    BuyTillYouDie,
    MbgNbd,
    ParetoNbd,
    discounted_orders_if_alive,
)
from journey_clv.likelihood import (
    Floats,
    NotConvergedError,
    WeightedLikelihoodModel,
    WeightedResults,
)
from journey_clv.seasons import operational_days
from journey_clv.spend import GammaGamma

MODELS: dict[str, type[BuyTillYouDie]] = {
    "bg_nbd": BgNbd,
    "mbg_nbd": MbgNbd,
    "pareto_nbd": ParetoNbd,
}
# Each with how many purchases of a customer it takes that they came back.
SPEND_MODELS = {"gamma_gamma": 1, "gamma_gamma_first": 2}
AVERAGE = "btyd_average"
DORMANT = "btyd_dormant"
REGRESSION = "regression"
FALLBACK = "shrunk_rate"
DAYS_PER_YEAR = 365
_SHORTEST = 1e-9
SEEN_A_DAY = "customers were seen for a day or more"
CAME_BACK = "customers bought again"

_ORIGIN_TYPES = {"days_ago": "int64"}
_PARAMETER_TYPES = {
    "model": "str",
    "parameter": "str",
    "estimate": "float64",
    "std_error": "float64",
    "ci_lower": "float64",
    "ci_upper": "float64",
    "log_likelihood": "float64",
    "aic": "float64",
    "bic": "float64",
    "n_customers": "int64",
    "n_histories": "int64",
    "status": "str",
    "message": "str",
}
_HISTORY_TYPES = {"model": "str", "x": "int64", "t_x": "int64", "T": "int64"}
_ALIVE_TYPES = _HISTORY_TYPES | {"p_alive": "float64"}
_AHEAD_TYPES = {
    "model": "str",
    "x": "int64",
    "T": "int64",
    "horizon_days": "int64",
    "orders_if_alive": "float64",
    "discounted_orders_if_alive": "float64",
}
_PREDICTION_TYPES = _HISTORY_TYPES | {
    "horizon_days": "int64",
    "p_alive": "float64",
    "expected_orders": "float64",
    "orders_if_alive": "float64",
    "discounted_orders": "float64",
    "discounted_orders_if_alive": "float64",
}
_TRACK_TYPES = {
    "days_ago": "int64",
    "horizon_days": "int64",
    "model": "str",
    "days_ahead": "int64",
    "expected_orders": "float64",
}
_AGE_TYPES = {"model": "str", "age_days": "int64", "expected_orders": "float64"}


def fit_parameters(
    histories: pd.DataFrame,
    spends: pd.DataFrame,
    *,
    min_customers: int,
    min_repeat_customers: int,
) -> pd.DataFrame:
    """Fit BG/NBD, MBG/NBD, Pareto/NBD and both Gamma-Gammas; one row per parameter.

    Args:
        histories: x (repeat purchase days), t_x and T (days), n_customers; a row per
            history, or several. Customers with T <= 0 say nothing, and are left out.
        spends: model (`gamma_gamma`, of repeat purchases, or `gamma_gamma_first`, of
            all), x (above 0), mean_spend (above 0), n_customers.
        min_customers: fewer customers than this with T > 0 are too little data for the
            first three models.
        min_repeat_customers: the same for customers who came back, for all five.

    Returns:
        model, parameter, estimate, std_error, ci_lower and ci_upper (95 %, symmetric
        in the logarithm), log_likelihood, aic, bic, n_customers, n_histories, status
        (`fitted`, `too_little_data` or `not_converged`) and message, which is empty
        where fitted. A model without a trustworthy maximum has null numbers, and says
        why. That includes data that cannot be (t_x after T, a spend of zero), and a
        Gamma-Gamma with q <= 1, whose mean spend is infinite.

    Raises:
        KeyError: a column is missing.
    """
    histories = _collapsed(histories, ["x", "t_x", "T"])
    histories = histories[~(histories["T"] <= 0)]

    customers = histories["n_customers"].sum()
    repeaters = histories.loc[histories["x"] > 0, "n_customers"].sum()
    lack = lack_of(customers, max(min_customers, 1), SEEN_A_DAY)
    lack = lack or lack_of(repeaters, min_repeat_customers, CAME_BACK)
    parts = [
        _parameter_rows(name, model, model.names, histories, lack)
        for name, model in MODELS.items()
    ]
    for name, least in SPEND_MODELS.items():
        spent = _collapsed(spends[spends["model"] == name], ["x", "mean_spend"])
        spenders = spent.loc[~(spent["x"] < least), "n_customers"].sum()
        lack = lack_of(spenders, max(min_repeat_customers, 1), CAME_BACK)
        parts.append(_parameter_rows(name, GammaGamma, GammaGamma.names, spent, lack))
    return pd.concat(parts, ignore_index=True)


def fit_origins(
    origins: pd.DataFrame,
    histories: pd.DataFrame,
    spends: pd.DataFrame,
    *,
    min_customers: int,
    min_repeat_customers: int,
) -> pd.DataFrame:
    """`fit_parameters` for each origin, on what was known at it.

    Args:
        origins: days_ago, a row per origin, or several.
        histories: as there, and days_ago.
        spends: as there, and days_ago.
        min_customers: as there.
        min_repeat_customers: as there.

    Returns:
        days_ago, and what `fit_parameters` returns; an origin without customers has
        its rows, too.

    Raises:
        KeyError: a column is missing.
    """
    parts = []
    for days_ago in sorted(set(origins["days_ago"])):
        fitted = fit_parameters(
            histories[histories["days_ago"] == days_ago],
            spends[spends["days_ago"] == days_ago],
            min_customers=min_customers,
            min_repeat_customers=min_repeat_customers,
        )
        fitted.insert(0, "days_ago", int(days_ago))
        parts.append(fitted)
    types = _ORIGIN_TYPES | _PARAMETER_TYPES
    return pd.concat(parts, ignore_index=True) if parts else _typed({}, types)


def alive_at_origins(
    origins: pd.DataFrame, histories: pd.DataFrame, parameters: pd.DataFrame
) -> pd.DataFrame:
    """P(alive) of each distinct history at each origin, by each fitted model.

    Args:
        origins: days_ago, each any number of times.
        histories: days_ago, x, t_x and T, in days; operational ones where the
            parameters are.
        parameters: what `fit_origins` returned.

    Returns:
        days_ago, model, x, t_x, T and p_alive, sorted.

    Raises:
        ValueError: a history that cannot be.
    """
    parts = [_typed({}, _ORIGIN_TYPES | _ALIVE_TYPES)]
    for days_ago, model, known, params in _fitted(origins, histories, parameters):
        x, t_x, T = (known[column].to_numpy() for column in ("x", "t_x", "T"))
        alive = MODELS[model].p_alive(
            params, x, np.where(T > 0, t_x, 0), np.maximum(T, 0)
        )
        columns = {"days_ago": days_ago, "model": model, "x": x, "t_x": t_x, "T": T}
        parts.append(_typed(columns | {"p_alive": alive}, _ORIGIN_TYPES | _ALIVE_TYPES))
    return pd.concat(parts[1:] or parts, ignore_index=True)


def orders_at_origins(
    origins: pd.DataFrame,
    histories: pd.DataFrame,
    parameters: pd.DataFrame,
    annual_discount_rate: float,
    seasons: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """What each fitted model expects from each origin of customers who are alive.

    Given that a customer is alive, t_x says nothing: with `alive_at_origins` these few
    rows say what is expected of every history.

    Args:
        origins: days_ago and horizon_days, in days of the calendar, a row per pair.
        histories: as in `alive_at_origins`. T below 0 counts as 0.
        parameters: what `fit_origins` returned.
        annual_discount_rate: 0.1 for 10 % a year; the daily rate of discount is
            δ = ln(1 + annual_discount_rate) / 365.
        seasons: what `learn_seasons` returned: how long h is without the season. The
            discount is spread evenly over it. None by default.

    Returns:
        days_ago, model, x, T, horizon_days, orders_if_alive (E[Y(h) | x, T, alive at
        T]) and discounted_orders_if_alive (∫ from 0 to h of exp(-δt) dE[Y(t)]), sorted.

    Raises:
        ValueError: a negative horizon or rate, or a history that cannot be.
    """
    if annual_discount_rate < 0:
        raise ValueError(
            f"annual_discount_rate must not be negative, not {annual_discount_rate}."
        )
    # As much discount by the end of h, however long h is.
    delta = np.log1p(annual_discount_rate) / DAYS_PER_YEAR
    parts = [_typed({}, _ORIGIN_TYPES | _AHEAD_TYPES)]
    for days_ago, model, known, params in _fitted(origins, histories, parameters):
        is_own = origins["days_ago"] == days_ago
        horizons = np.unique(origins.loc[is_own, "horizon_days"].astype("int64"))
        states = known[["x", "T"]].clip(lower=0).drop_duplicates()
        states = states.sort_values(["x", "T"])
        lengths = _lengths(_of_origin(seasons, days_ago), horizons)
        expected, discounted = discounted_orders_if_alive(
            MODELS[model],
            params,
            lengths,
            delta * horizons / np.maximum(lengths, _SHORTEST),
            states["x"],
            states["T"],
        )
        columns = {
            "days_ago": days_ago,
            "model": model,
            "x": np.repeat(states["x"].to_numpy(), len(horizons)),
            "T": np.repeat(states["T"].to_numpy(), len(horizons)),
            "horizon_days": np.tile(horizons, len(states)),
            "orders_if_alive": expected.ravel(),
            "discounted_orders_if_alive": discounted.ravel(),
        }
        parts.append(_typed(columns, _ORIGIN_TYPES | _AHEAD_TYPES))
    return pd.concat(parts[1:] or parts, ignore_index=True)


def predict_orders(
    histories: pd.DataFrame,
    parameters: pd.DataFrame,
    model: str,
    horizons_days: Sequence[int],
    annual_discount_rate: float,
    seasons: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """P(alive) and the orders expected of each distinct history, per horizon.

    Args:
        histories: x, t_x and T in days, operational ones with `seasons`. T below 0
            counts as 0.
        parameters: what `fit_parameters` returned.
        model: `bg_nbd`, `mbg_nbd` or `pareto_nbd`; or `btyd_average`, the mean of what
            those of them expect that were fitted.
        horizons_days: horizons h, in days of the calendar after T.
        annual_discount_rate: 0.1 for 10 % a year; the daily rate of discount is
            δ = ln(1 + annual_discount_rate) / 365.
        seasons: of one origin, for `operational_days`: how long h is without the
            season. The discount is spread evenly over it.

    Returns:
        model, x, t_x, T, horizon_days, p_alive, expected_orders (E[Y(h) | x, t_x, T]),
        discounted_orders (∫ from 0 to h of exp(-δt) dE[Y(t)]), and both if the customer
        is alive at T, sorted; no rows where the model was not fitted.

    Raises:
        ValueError: an unknown model, a negative horizon or rate, or a history that
            cannot be.
    """
    if model == AVERAGE:
        parts = [
            predict_orders(
                histories, parameters, one, horizons_days, annual_discount_rate, seasons
            )
            for one in MODELS
        ]
        return _mean_of([part for part in parts if len(part)] or parts[:1])
    if _estimates(parameters, model) is None:
        return _typed({}, _PREDICTION_TYPES)
    origins = pd.DataFrame({"days_ago": 0, "horizon_days": list(horizons_days)})
    histories = histories.assign(days_ago=0)
    parameters = parameters[parameters["model"] == model].assign(days_ago=0)
    seasons = None if seasons is None else seasons.assign(days_ago=0)
    ahead = orders_at_origins(
        origins, histories, parameters, annual_discount_rate, seasons
    )
    alive = alive_at_origins(origins, histories, parameters)
    found = (
        alive.assign(seen=alive["T"].clip(lower=0))
        .merge(ahead.rename(columns={"T": "seen"}), on=["model", "x", "seen"])
        .sort_values(["x", "t_x", "T", "horizon_days"], ignore_index=True)
    )
    for kind in ("orders", "discounted_orders"):
        name = "expected_orders" if kind == "orders" else kind
        found[name] = found["p_alive"] * found[f"{kind}_if_alive"]
    return found.reindex(columns=list(_PREDICTION_TYPES)).astype(_PREDICTION_TYPES)


def expected_orders_by_age(
    parameters: pd.DataFrame, model: str, max_age_days: int
) -> pd.DataFrame:
    """E[X(t)]: repeat orders that a new customer places within t days of the first.

    Args:
        parameters: what `fit_parameters` returned.
        model: `bg_nbd`, `mbg_nbd` or `pareto_nbd`; `btyd_average`, or `btyd_dormant`
            and `regression`, which rest on it, for the mean of those that were fitted;
            or `shrunk_rate`, which knows no new customers, and has no rows.
        max_age_days: the last t.

    Returns:
        model, age_days (0 to `max_age_days`) and expected_orders; no rows where the
        model was not fitted. Days are what they are in the histories.

    Raises:
        ValueError: an unknown model, or a negative age.
    """
    if max_age_days < 0:
        raise ValueError(f"max_age_days must not be negative, not {max_age_days}.")
    if model in (AVERAGE, DORMANT, REGRESSION):
        parts = [
            expected_orders_by_age(parameters, one, max_age_days) for one in MODELS
        ]
        return _mean_of([part for part in parts if len(part)] or parts[:1])
    params = _estimates(parameters, model)
    if params is None:
        return _typed({}, _AGE_TYPES)
    age = np.arange(max_age_days + 1)
    orders = MODELS[model].expected_orders_new(params, age)
    return _typed(
        {"model": model, "age_days": age, "expected_orders": orders}, _AGE_TYPES
    )


def track_origins(
    origins: pd.DataFrame,
    histories: pd.DataFrame,
    parameters: pd.DataFrame,
    seasons: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Orders that all customers together were expected to place, week by week.

    Args:
        origins: days_ago and horizon_days, a row per pair. Of each horizon the latest
            past origin, whose days_ago is the horizon, is tracked.
        histories: days_ago, x, t_x and T, in days, operational ones with `seasons`, and
            n_customers.
        parameters: what `fit_origins` returned.
        seasons: what `learn_seasons` returned; none by default.

    Returns:
        days_ago, horizon_days, model (those that were fitted, and `btyd_average`),
        days_ahead (7, 14, … and the horizon itself) and expected_orders, the sum over
        the customers of E[Y(days_ahead) | x, t_x, T].

    Raises:
        ValueError: a history that cannot be.
    """
    parts = [_typed({}, _TRACK_TYPES)]
    latest = origins[origins["days_ago"] == origins["horizon_days"]]
    for horizon in sorted(set(latest["horizon_days"])):
        known = histories[histories["days_ago"] == horizon]
        known = known.sort_values(["x", "T", "t_x"])
        fits = parameters[parameters["days_ago"] == horizon]
        days = np.unique([*range(7, horizon, 7), horizon])
        lengths = _lengths(_of_origin(seasons, horizon), days)
        by_model = []
        for name, model in MODELS.items():
            params = _estimates(fits, name)
            if params is None or known.empty:
                continue
            alive = known["n_customers"] * model.p_alive(
                params, *(known[column] for column in ("x", "t_x", "T"))
            )
            # Given that a customer is alive, t_x says nothing.
            states = alive.groupby([known["x"], known["T"]], sort=True).sum()
            x, T = (states.index.get_level_values(level) for level in (0, 1))
            expected, _ = discounted_orders_if_alive(model, params, lengths, 0.0, x, T)
            total = states.to_numpy() @ expected
            columns = {"model": name, "days_ahead": days, "expected_orders": total}
            by_model.append(pd.DataFrame(columns))
        if by_model:
            tracked = pd.concat([*by_model, _mean_of(by_model)], ignore_index=True)
            tracked = tracked.assign(days_ago=horizon, horizon_days=horizon)
            parts.append(tracked[list(_TRACK_TYPES)].astype(_TRACK_TYPES))
    return pd.concat(parts[1:] or parts, ignore_index=True)


def _fitted(
    origins: pd.DataFrame, histories: pd.DataFrame, parameters: pd.DataFrame
) -> Iterator[tuple[int, str, pd.DataFrame, Floats]]:
    """Walk through origins and models, with distinct histories and the estimates."""
    keys = ["x", "t_x", "T"]
    for days_ago in sorted(set(origins["days_ago"])):
        known = histories.loc[histories["days_ago"] == days_ago, keys]
        known = known.drop_duplicates().astype("int64").sort_values(keys)
        fits = parameters[parameters["days_ago"] == days_ago]
        for model in MODELS:
            params = _estimates(fits, model)
            if params is not None and len(known):
                yield int(days_ago), model, known, params


def _of_origin(seasons: pd.DataFrame | None, days_ago: int) -> pd.DataFrame | None:
    return None if seasons is None else seasons[seasons["days_ago"] == days_ago]


def _lengths(seasons: pd.DataFrame | None, days: NDArray[np.int64]) -> Floats:
    """The days ahead of an origin, without their season if one is known."""
    return (
        days.astype(np.float64) if seasons is None else operational_days(seasons, days)
    )


def _mean_of(predictions: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Average what several models predict of the same rows."""
    mean = predictions[0].assign(model=AVERAGE)
    for column in mean.columns[mean.dtypes == "float64"]:
        mean[column] = sum(one[column] for one in predictions) / len(predictions)
    return mean


def _parameter_rows(
    name: str,
    model: Callable[..., WeightedLikelihoodModel],
    names: tuple[str, ...],
    groups: pd.DataFrame,
    lack: str,
) -> pd.DataFrame:
    """Fit one model on its groups, and say in its rows how that went."""
    rows = {
        "model": name,
        "parameter": list(names),
        "n_customers": round(float(np.nan_to_num(groups["n_customers"]).sum())),
        "n_histories": len(groups),
        "status": "too_little_data",
        "message": lack,
    }
    if not lack:
        try:
            result = model(*(groups[c].to_numpy() for c in groups.columns)).fit()
            _check_mean_spend(name, result)
        except (NotConvergedError, ValueError, ArithmeticError) as error:
            rows |= {"status": "not_converged", "message": str(error)}
        else:
            lower, upper = result.conf_int().T
            rows |= {
                "estimate": result.params,
                "std_error": result.bse,
                "ci_lower": lower,
                "ci_upper": upper,
                "log_likelihood": result.llf,
                "aic": result.aic,
                "bic": result.bic,
                "status": "fitted",
            }
    return _typed(rows, _PARAMETER_TYPES)


def _check_mean_spend(name: str, result: WeightedResults) -> None:
    if name in SPEND_MODELS and result.params[1] <= 1:
        raise NotConvergedError(
            f"q is {result.params[1]:.3g}, and with q of 1 or less the mean spend of "
            "the population is infinite."
        )


def lack_of(customers: float, needed: int, who: str) -> str:
    """Say that there are too few customers, or nothing."""
    if customers >= needed or np.isnan(customers):
        return ""
    return f"Only {customers:.0f} {who}, and {needed} are needed."


def _collapsed(groups: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Sum the customers of equal keys, and sort; what is no number becomes NaN."""
    numbers = groups[[*keys, "n_customers"]].apply(pd.to_numeric, errors="coerce")
    numbers = numbers.astype("float64")
    numbers = numbers[numbers["n_customers"] != 0]
    by_key = numbers.groupby(keys, sort=True, dropna=False)["n_customers"]
    return pd.DataFrame(by_key.sum(skipna=False).reset_index())


def _estimates(parameters: pd.DataFrame, model: str) -> Floats | None:
    """Return the model's parameters in its own order, or None if it was not fitted."""
    if model == FALLBACK:
        return None
    if model not in MODELS:
        raise ValueError(f"model must be one of {', '.join(MODELS)}, not {model!r}.")
    fitted = parameters[
        (parameters["model"] == model) & (parameters["status"] == "fitted")
    ].set_index("parameter")["estimate"]
    if fitted.empty:
        return None
    return fitted.loc[list(MODELS[model].names)].to_numpy(dtype=np.float64)


def _typed(columns: Mapping[str, object], types: dict[str, str]) -> pd.DataFrame:
    """Return a frame with these columns, in this order and of these types."""
    frame = pd.DataFrame(columns) if columns else pd.DataFrame(columns=list(types))
    return frame.reindex(columns=list(types)).astype(types)
