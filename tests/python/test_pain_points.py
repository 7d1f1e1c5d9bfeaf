"""Pain points against worlds in which it is known what drives people away."""

import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest
from conftest import PROJECT, dbt
from spine import NON_CAUSE, load_spine

from journey_clv.simulate.plan import Plan
from journey_clv.simulate.scenario import Scenario, load_scenario

ORDERS_ONLY = PROJECT / "tests" / "raw" / "orders_only"
MODELS = (
    "int_people_compared",
    "int_contact_days",
    "int_visit_days",
    "int_moments_compared",
    "int_touchpoints_met",
    "int_moments_known",
    "int_moments_described",
    "int_moments_followed",
    "int_likenesses_counted",
    "int_exposures_matched",
    "int_exposures_staged",
    "int_touchpoint_effects",
    "int_effects_tested",
    "journey_pain_points",
)
SEEDS = range(1, 6)
# The touchpoints through which the planted causes show, and those that hold them.
PLANTED = ("payment_failed", "ticket_overdue", "ticket_delivery", "chat_unresolved")
HOLDERS = ("chat_started", "ticket_opened")
# More trouble than in the shop, so that small worlds have enough of it.
TROUBLE: dict[str, dict[str, Any]] = {
    "service": {
        "chat": 0.2,
        "bot_resolves": 0.4,
        "human_resolves": 0.4,
        "ticket": 0.1,
        "ticket_if_late": 0.4,
        "slow": 0.35,
    },
    "journey": {"payment_failure": 0.12, "late": 0.15, "cancelled": 0.0},
    "truth": {"horizons_days": [1]},
}
# The same without what makes people leave. A payment that never fails also saves the
# orders that failed ones lost.
NO_CAUSE: dict[str, dict[str, Any]] = {
    "causes": {
        "late_delivery_dropout": 0.0,
        "payment_failure_dropout": 0.0,
        "slow_ticket_dropout": 0.0,
        "unresolved_chat_dropout": 0.0,
    },
    "journey": {"payment_failure": 0.0},
}


def scenario(*changes: dict[str, dict[str, Any]]) -> Scenario:
    """The shop with other parameters."""
    made = load_scenario("shop")
    for change in changes:
        for part, values in change.items():
            replaced = dataclasses.replace(getattr(made, part), **values)
            made = dataclasses.replace(made, **{part: replaced})
    return made


def compile_models(models: tuple[str, ...], out: Path) -> dict[str, str]:
    """The SQL of models, by name, on tables of the same names."""
    run = dbt("compile", "--select", *models, raw=ORDERS_ONLY, out=out)
    assert run.result.success, run.result.exception
    nodes = {found.node.name: found.node for found in run.result.result.results}
    return {
        name: re.sub(r'"journey"\."\w+"\.', "", str(nodes[name].compiled_code))
        for name in models
    }


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return compile_models(MODELS, tmp_path_factory.mktemp("compiled"))


@pytest.fixture
def database() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        yield connection


def live(
    connection: duckdb.DuckDBPyConnection, lived: Scenario, seed: int, people: int
) -> None:
    """Make the central tables of a world."""
    load_spine(connection, Plan(lived, people, 24, seed), str(PROJECT / "seeds"))


def run_models(
    connection: duckdb.DuckDBPyConnection,
    compiled: dict[str, str],
    models: tuple[str, ...] = MODELS,
) -> None:
    for name in models:
        connection.execute(f"create or replace table {name} as {compiled[name]}")


@pytest.fixture(scope="module")
def worlds(compiled: dict[str, str]) -> pd.DataFrame:
    """The pain points of several worlds, beside what is true.

    `extra_without_causes` is the same difference between the same people on the same
    days, had nothing driven anybody away: the world is lived again, and asked who comes
    back in it. What the causes did to the exposed, beyond what they did to their like,
    is what the difference loses by that. `is_significant_in_vain` is of the other world
    itself, in which there is nothing to find.
    """
    found = []
    for seed in SEEDS:
        with duckdb.connect() as troubled, duckdb.connect() as calm:
            live(troubled, scenario(TROUBLE), seed, 3000)
            run_models(troubled, compiled)
            pains = troubled.sql("from journey_pain_points").df()
            live(calm, scenario(TROUBLE, NO_CAUSE), seed, 3000)
            run_models(calm, compiled)
            in_vain = calm.sql("from journey_pain_points").df()
            visits = calm.sql("from int_visit_days").arrow().read_all()
            troubled.execute("alter table int_visit_days rename to their_visit_days")
            troubled.register("int_visit_days", visits)
            run_models(troubled, compiled, MODELS[7:12])
            otherwise = troubled.sql(
                "select stage, touchpoint, "
                "extra_drop_off as extra_without_causes from int_touchpoint_effects"
            ).df()
        key = ["stage", "touchpoint"]
        found.append(
            pains.merge(otherwise, on=key, how="left")
            .merge(
                in_vain[[*key, "is_significant"]],
                on=key,
                how="left",
                suffixes=("", "_in_vain"),
            )
            .assign(seed=seed)
        )
    result = pd.concat(found, ignore_index=True)
    result["std_error"] = (result.extra_drop_off_upper - result.extra_drop_off) / 1.96
    result["true_extra"] = result.extra_drop_off - result.extra_without_causes
    return result[result.extra_drop_off.notna()]


def test_the_planted_causes_come_out_on_top(worlds: pd.DataFrame):
    overall = worlds[worlds.stage == "any"]
    pains = overall[overall.is_pain_point]
    assert set(pains.touchpoint) <= {*PLANTED, *HOLDERS}
    # Each in nearly every world, in spite of some 300 exposures only.
    planted = pains[pains.touchpoint.isin(PLANTED)]
    assert len(planted) >= len(PLANTED) * len(SEEDS) - 2
    for _, world in overall.groupby("seed"):
        assert world.set_index("pain_rank").touchpoint[1] in PLANTED
        by_size = world[world.is_pain_point].sort_values("extra_drop_off")
        assert set(by_size.touchpoint[-3:]) <= set(PLANTED)


def test_intervals_cover_the_true_size(worlds: pd.DataFrame):
    planted = worlds[worlds.touchpoint.isin(PLANTED)]
    assert len(planted) > 15 * len(SEEDS)
    # What the causes did to these very people.
    covered = planted.true_extra.between(
        planted.extra_drop_off_lower, planted.extra_drop_off_upper
    )
    assert covered.mean() > 0.95
    # What they do to such people: the mean of the worlds stands for it.
    by_kind = planted.groupby(["stage", "touchpoint"]).true_extra
    size = by_kind.transform("mean")[by_kind.transform("count") == len(SEEDS)]
    kept = planted.loc[size.index]
    covered = size.between(kept.extra_drop_off_lower, kept.extra_drop_off_upper)
    assert covered.mean() > 0.85
    # The intervals are not wide for nothing: they exclude no effect, mostly.
    assert (planted[planted.stage == "any"].extra_drop_off_lower > 0).mean() > 0.85


def test_the_share_driven_away_is_the_chance_of_the_cause(worlds: pd.DataFrame):
    causes = scenario(TROUBLE).causes
    overall = worlds[worlds.stage == "any"].set_index("touchpoint")
    for touchpoint, chance, others in (
        ("chat_unresolved", causes.unresolved_chat_dropout, 0.0),
        # A failed payment also loses a first order, and prospects leave sooner.
        ("payment_failed", causes.payment_failure_dropout, 0.02),
        # Tickets are of late orders more often than orders are late.
        ("ticket_overdue", causes.slow_ticket_dropout, 0.04),
    ):
        shares = overall.loc[touchpoint].driven_away_share
        error = 3 * shares.std() / np.sqrt(len(shares))
        assert chance - error < shares.mean() < chance + others + error, touchpoint


def test_what_is_no_cause_does_not_come_out(worlds: pd.DataFrame):
    innocent = worlds[worlds.touchpoint == NON_CAUSE]
    assert len(innocent) >= 4 * len(SEEDS)
    assert not innocent.is_significant.any()
    overall = innocent[innocent.stage == "any"]
    error = 3 * np.sqrt((overall.std_error**2).sum()) / len(overall)
    assert abs(overall.extra_drop_off.mean()) < error < 0.01


def test_where_nothing_drives_people_away_little_is_found(worlds: pd.DataFrame):
    calm = worlds[worlds.is_significant_in_vain.notna()]
    assert not calm[calm.touchpoint.isin(PLANTED)].is_significant_in_vain.any()
    assert calm.is_significant_in_vain.mean() < 0.05


def test_the_like_are_those_that_a_plain_search_finds(
    compiled: dict[str, str], database: duckdb.DuckDBPyConnection
):
    live(database, scenario(TROUBLE), 9, 300)
    run_models(database, compiled)
    moments = database.sql("from int_moments_followed").df()
    contacts = database.sql("from int_contact_days").df()
    # Drawn by their hash, not to draw others each time.
    matched = database.sql(
        "from int_exposures_matched "
        "order by md5(customer_key || touchpoint || day_number || stage) limit 80"
    ).df()
    assert matched.likeness.notna().sum() > 40
    days = {
        key: set(rows.day_number)
        for key, rows in contacts.groupby(["customer_key", "touchpoint"])
    }
    visits = contacts[contacts.is_visit].touchpoint.unique()
    kinds = contacts.groupby("touchpoint").compared_with.first()
    for exposure in matched.itertuples():
        kind = kinds[exposure.touchpoint]
        here = moments[moments.compared_with == kind]
        [own] = here[
            (here.customer_key == exposure.customer_key)
            & (here.day_number == exposure.day_number)
        ].itertuples()
        expected: tuple[Any, ...] = (None, None, None)
        for level in ("full_likeness", "close_likeness", "coarse_likeness"):
            alike = here[here.is_like & (here[level] == getattr(own, level))]
            without = [
                like.dropped_off
                for like in alike.itertuples()
                if not days.get((like.customer_key, exposure.touchpoint), set())
                & set(
                    [like.day_number]
                    if exposure.touchpoint in visits
                    else range(like.visit_day, like.day_number + 1)
                )
            ]
            if len(without) >= max(5, 0.2 * len(alike)):
                expected = (getattr(own, level), len(without), np.mean(without))
                break
        if expected[0] is None:
            assert pd.isna(exposure.likeness)
        else:
            assert exposure.likeness == expected[0]
            assert exposure.likeness_level == level.removesuffix("_likeness")
            assert exposure.n_likes == expected[1]
            assert float(exposure.drop_off_of_likes) == pytest.approx(expected[2])


def test_nothing_later_than_a_day_and_its_horizon_changes_it(
    compiled: dict[str, str], database: duckdb.DuckDBPyConnection
):
    live(database, scenario(TROUBLE), 9, 300)
    run_models(database, compiled, MODELS[:8])
    [(last_day,)] = database.sql(
        "select max(day_number) from int_visit_days"
    ).fetchall()
    until = last_day - 150
    query = (
        "select compared_with, customer_key, day_number, full_likeness, dropped_off, "
        f"order_amount from int_moments_followed where day_number <= {until - 90} "
        "and day_number - visit_day < 15 order by all"
    )
    before = database.sql(query).fetchall()
    assert len(before) > 5000
    # Everybody buys for a fortune the day after, and never comes back.
    later = f"occurred_at >= date '1970-01-01' + to_days({until} + 1)"
    database.execute(
        f"""
        create or replace table changed as
        from fct_interactions where not ({later})
        union all by name
        select distinct on (customer_key) * replace (
            date '1970-01-01' + to_days({until} + 1) as occurred_at,
            'order_placed' as touchpoint, 'order' as stage_signal,
            'inbound' as direction, 'purchase' as phase, 1e6 as revenue_amount
        )
        from fct_interactions order by customer_key, occurred_at;
        create or replace table fct_interactions as from changed
        """
    )
    run_models(database, compiled, MODELS[:8])
    assert database.sql(query).fetchall() == before


def test_a_sample_stands_for_everybody(
    compiled: dict[str, str], database: duckdb.DuckDBPyConnection
):
    people = MODELS[0]
    sampled = {people: compiled[people].replace("<= 10000", "<= 1000")}
    assert sampled[people] != compiled[people]
    live(database, scenario(TROUBLE), 2, 3000)
    amounts = []
    for models in (compiled, {**compiled, **sampled}):
        run_models(database, models)
        amounts += database.sql(
            "select sampled_share, value_at_risk_amount, value_at_risk_lower_amount, "
            "value_at_risk_upper_amount from journey_pain_points "
            "where stage = 'any' and touchpoint = 'payment_failed'"
        ).fetchall()
    (all_of_them, amount, *_), (share, _, lower, upper) = amounts
    assert all_of_them == 1
    assert share == pytest.approx(1000 / 3000, rel=0.15)
    assert lower < amount < upper
