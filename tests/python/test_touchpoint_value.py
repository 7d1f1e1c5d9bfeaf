"""What touchpoints do to the margin that follows, in worlds in which it is known."""

from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest
from spine import NON_CAUSE
from test_pain_points import (
    NO_CAUSE,
    PLANTED,
    TROUBLE,
    compile_models,
    live,
    run_models,
    scenario,
)

from journey_clv.effects import touchpoint_effects

MODELS = (
    "int_people_compared",
    "int_contact_days",
    "int_visit_days",
    "int_moments_compared",
    "int_touchpoints_met",
    "int_moments_known",
    "int_exposures_sampled",
    "int_moments_valued",
    "int_moments_touched",
)
SEEDS = range(1, 6)
MARGIN_RATE = 0.4


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return compile_models(MODELS, tmp_path_factory.mktemp("compiled"))


def earn(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the revenue of a world's orders."""
    connection.execute(
        f"""
        create or replace table int_revenue_events as
        select
            customer_key, occurred_at,
            cast({MARGIN_RATE} * revenue_amount as decimal(18, 4)) as margin_amount
        from fct_interactions where touchpoint = 'order_placed'
        """
    )


def lived_twice(compiled: dict[str, str], seed: int) -> dict[str, Any]:
    """The moments of a world, and what the same moments bring without any cause."""
    with duckdb.connect() as troubled, duckdb.connect() as calm:
        live(troubled, scenario(TROUBLE), seed, 3000)
        earn(troubled)
        run_models(troubled, compiled, MODELS)
        moments = troubled.sql("from int_moments_valued").df()
        touched = troubled.sql("from int_moments_touched").df()
        [(order_margin,)] = troubled.sql(
            "select avg(margin_amount) from int_revenue_events"
        ).fetchall()
        live(calm, scenario(TROUBLE, NO_CAUSE), seed, 3000)
        earn(calm)
        revenue = calm.sql("from int_revenue_events").arrow().read_all()
        troubled.execute("drop table int_revenue_events")
        troubled.register("int_revenue_events", revenue)
        run_models(troubled, compiled, ("int_moments_valued",))
        otherwise = troubled.sql("from int_moments_valued").df()
    assert (moments.moment_number == otherwise.moment_number).all()
    return {
        "moments": moments,
        "otherwise": otherwise,
        "touched": touched[touched.touchpoint.isin([*PLANTED, NON_CAUSE])],
        "order_margin": float(order_margin),
    }


def estimated(world: dict[str, Any], seed: int) -> pd.DataFrame:
    """The effects, beside those found between the same moments without the causes.

    What the causes did to the exposed, beyond what they did to their like, is what the
    difference loses without them.
    """
    found, otherwise = (
        touchpoint_effects(world[name], world["touched"], min_exposures=30)
        for name in ("moments", "otherwise")
    )
    return found.merge(
        otherwise, on=["stage", "touchpoint"], suffixes=("", "_without_causes")
    ).assign(
        seed=seed,
        order_margin=world["order_margin"],
        true_effect=lambda rows: rows.effect - rows.effect_without_causes,
    )


@pytest.fixture(scope="module")
def first_world(compiled: dict[str, str]) -> dict[str, Any]:
    return lived_twice(compiled, SEEDS[0])


@pytest.fixture(scope="module")
def worlds(compiled: dict[str, str], first_world: dict[str, Any]) -> pd.DataFrame:
    found = [estimated(first_world, SEEDS[0])]
    found += [estimated(lived_twice(compiled, seed), seed) for seed in SEEDS[1:]]
    return pd.concat(found, ignore_index=True).dropna(subset="true_effect")


def test_the_planted_causes_come_out_negative(worlds: pd.DataFrame):
    overall = worlds[worlds.stage == "any"]
    payments = overall[overall.touchpoint == "payment_failed"]
    assert (payments.adjusted_p_value < 0.05).sum() >= len(SEEDS) - 1
    assert (payments.effect_upper < 0).all()
    planted = overall[overall.touchpoint.isin(PLANTED)]
    by_touchpoint = planted.groupby("touchpoint")
    assert len(by_touchpoint) == len(PLANTED)
    assert (by_touchpoint.effect.mean() < 0).all()
    # The others cost less than a world of 3,000 tells for sure; together they do.
    others = planted[planted.touchpoint != "payment_failed"]
    error = np.sqrt((others.std_error**2).sum())
    assert others.effect.sum() < -4 * error


def test_intervals_cover_the_true_effect(worlds: pd.DataFrame):
    planted = worlds[worlds.touchpoint.isin(PLANTED)]
    assert len(planted) > 12 * len(SEEDS)
    covered = planted.true_effect.between(planted.effect_lower, planted.effect_upper)
    assert covered.mean() > 0.87
    # What they do to such people: the mean of the worlds stands for it.
    by_kind = planted.groupby(["stage", "touchpoint"]).true_effect
    size = by_kind.transform("mean")[by_kind.transform("count") == len(SEEDS)]
    kept = planted.loc[size.index]
    covered = size.between(kept.effect_lower, kept.effect_upper)
    assert covered.mean() > 0.87


def test_an_effect_is_the_chance_to_leave_times_what_would_have_come(
    worlds: pd.DataFrame,
):
    lived = scenario(TROUBLE)
    overall = worlds[worlds.stage == "any"].set_index("touchpoint")
    for touchpoint, chance, order_lost in (
        ("chat_unresolved", lived.causes.unresolved_chat_dropout, 0.0),
        ("ticket_overdue", lived.causes.slow_ticket_dropout, 0.0),
        # Who does not try again has not bought, and who leaves comes for no other.
        (
            "payment_failed",
            lived.causes.payment_failure_dropout,
            1 - lived.journey.payment_retry,
        ),
    ):
        rows = overall.loc[touchpoint]
        order = rows.order_margin if order_lost else 0.0
        expected = -order_lost * order - chance * (rows.mean_value_without - order)
        # What the same moments bring without the causes says it to a few per cent.
        size = rows.true_effect.mean()
        assert size == pytest.approx(expected.mean(), rel=0.25), touchpoint
        # The estimates know of one world only.
        error = np.sqrt((rows.std_error**2).sum()) / len(rows)
        assert abs((rows.effect - expected).mean()) < 3 * error, touchpoint


def test_what_is_only_there_comes_out_as_nothing(worlds: pd.DataFrame):
    innocent = worlds[worlds.touchpoint == NON_CAUSE]
    assert len(innocent) >= 4 * len(SEEDS)
    assert (innocent.adjusted_p_value < 0.05).sum() <= 1
    overall = innocent[innocent.stage == "any"]
    error = 3 * np.sqrt((overall.std_error**2).sum()) / len(overall)
    assert abs(overall.effect.mean()) < error
    # No more than a twentieth of what comes.
    assert abs(overall.effect.mean()) < 0.05 * overall.mean_value.mean()


def test_moments_bring_what_their_own_orders_bring(
    compiled: dict[str, str], first_world: dict[str, Any]
):
    moments = first_world["moments"]
    with duckdb.connect() as connection:
        live(connection, scenario(TROUBLE), SEEDS[0], 3000)
        orders = connection.sql(
            "select customer_key, revenue_amount as amount, "
            "cast(occurred_at as date) - date '1970-01-01' as day_number "
            "from fct_interactions "
            "where touchpoint = 'order_placed'"
        ).df()
    by_person = dict(iter(orders.groupby("customer_key")))
    chosen = moments.sample(300, random_state=1)
    assert (chosen.margin_amount > 0).sum() > 100
    for moment in chosen.itertuples():
        theirs = by_person.get(moment.customer_key, orders.iloc[:0])
        first = moment.day_number + (moment.compared_with == "day")
        follow = theirs.day_number.between(first, first + 89)
        brought = MARGIN_RATE * theirs.amount[follow].astype(float).sum()
        assert moment.margin_amount == pytest.approx(brought, abs=0.001)


def test_samples_are_as_large_as_told_and_stand_for_all(
    compiled: dict[str, str], first_world: dict[str, Any]
):
    wider = {
        name: sql.replace("<= 4000", "<= 1000000") for name, sql in compiled.items()
    }
    assert wider != compiled
    moments = first_world["moments"]
    likes = moments[moments.is_sampled_like]
    of_visit = likes.recency_days.eq(0)
    assert likes.groupby(["compared_with", of_visit]).size().max() == 4000
    with duckdb.connect() as connection:
        live(connection, scenario(TROUBLE), SEEDS[0], 3000)
        earn(connection)
        run_models(connection, wider, MODELS)
        everything = connection.sql("from int_moments_valued").df()
        touched = connection.sql(
            "from int_moments_touched where touchpoint = 'payment_failed'"
        ).df()
    assert len(everything) > 2 * len(moments)
    of_all = touchpoint_effects(everything, touched, min_exposures=30)
    sampled = touchpoint_effects(moments, first_world["touched"], min_exposures=30)
    both = of_all.merge(sampled, on=["stage", "touchpoint"]).dropna(subset="effect_x")
    assert (abs(both.effect_x - both.effect_y) < both.std_error_y).all()
