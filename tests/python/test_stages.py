"""The stage models against a replay of the rules, contact by contact."""

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

import duckdb
import pandas as pd
import pytest
from conftest import PROJECT, Build, dbt
from hypothesis import given, settings
from hypothesis import strategies as st
from replay import Clocks, Contact, Spell, replay

from journey_clv.simulate.plan import Plan
from journey_clv.simulate.run import simulate
from journey_clv.simulate.scenario import load_scenario

ORDERS_ONLY = PROJECT / "tests" / "raw" / "orders_only"
MODELS = (
    "int_journey_cycles",
    "int_checkouts_before_order",
    "int_stage_changes",
    "int_stage_spells",
)
BEGIN = datetime(2024, 1, 1)
# What the clocks are set to: days to lapse, days to retention, hours to abandonment.
SETTINGS = [(180, 14, 24), (2, 1, 12), (1, 3, 48), (3, 0, 0), (1, 1, 24), (5, 2, 24)]
SIGNALS = ("none", "consideration", "checkout", "order", "advocacy", "detractor")
SPELLS = (
    "select customer_key, cycle_number, stage, entered_at, exited_at, due_at "
    "from {relation} order by customer_key, spell_number"
)


@pytest.fixture(scope="module", params=SETTINGS, ids=str)
def models(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[duckdb.DuckDBPyConnection, Clocks]]:
    """A database in memory with the compiled models as views on two tables."""
    lapse, window, abandon = request.param
    out = tmp_path_factory.mktemp("compiled")
    compiled = dbt(
        "compile", "--select", *MODELS, raw=ORDERS_ONLY, out=out,
        lapse_days=lapse, purchase_window_days=window, checkout_abandon_hours=abandon,
    )  # fmt: skip
    assert compiled.result.success, compiled.result.exception
    nodes = {run.node.name: run.node for run in compiled.result.result.results}
    with duckdb.connect() as connection:
        connection.execute("attach ':memory:' as journey")
        connection.execute("create schema journey.intermediate")
        connection.execute("use journey.intermediate")
        for name in MODELS:
            connection.execute(
                "create table if not exists int_contacts_signalled "
                "(customer_key varchar, occurred_at timestamp, interaction_id varchar, "
                "direction varchar, stage_signal varchar)"
            )
            connection.execute(
                "create table if not exists int_as_of (as_of_at timestamp)"
            )
            connection.execute(f"create view {name} as {nodes[name].compiled_code}")
        clocks = Clocks(
            timedelta(days=lapse), timedelta(days=window), timedelta(hours=abandon)
        )
        yield connection, clocks


def histories(
    chance: random.Random, clocks: Clocks, signals: Sequence[str], longest: int
) -> dict[str, list[Contact]]:
    """Five hundred people whose contacts lie just as far apart as the clocks run."""
    gaps = [
        timedelta(0),
        timedelta(hours=12),
        *clocks,
        clocks.lapse - min(clocks.purchase_window, clocks.lapse),
        clocks.checkout_abandon + timedelta(microseconds=1),
        clocks.lapse - timedelta(microseconds=1),
    ]
    people = {}
    for person in range(500):
        instant, history = BEGIN, []
        for _ in range(chance.randint(1, longest)):
            instant += chance.choice(gaps)
            direction = chance.choice(("inbound", "inbound", "inbound", "outbound"))
            interaction_id = f"{chance.random():.9f}"
            history.append(
                Contact(instant, interaction_id, direction, chance.choice(signals))
            )
        people[str(person)] = history
    return people


@given(
    seed=st.integers(0, 2**32),
    signals=st.lists(st.sampled_from(SIGNALS), min_size=1, max_size=6),
    longest=st.sampled_from([2, 4, 8, 20]),
)
@settings(max_examples=8, deadline=None)
def test_sql_equals_the_replay_of_random_lives(models, seed, signals, longest):
    connection, clocks = models
    chance = random.Random(seed)
    people = histories(chance, clocks, signals, longest)
    last = max(one.occurred_at for history in people.values() for one in history)
    as_of = last + chance.choice([timedelta(0), *clocks])
    rows = pd.DataFrame(  # noqa: F841
        [(who, *one) for who, history in people.items() for one in history]
    )
    connection.execute("delete from int_contacts_signalled")
    connection.execute("insert into int_contacts_signalled select * from rows")
    connection.execute(
        "create or replace table int_as_of as select $1 as as_of_at", [as_of]
    )
    found = by_person(connection, "int_stage_spells")
    expected = {who: replay(history, as_of, clocks) for who, history in people.items()}
    assert found.keys() == expected.keys()
    # The shortest life that goes wrong says most.
    wrong = [who for who in people if found[who] != expected[who]]
    who = min(wrong, key=lambda one: len(people[one]), default="0")
    assert found[who] == expected[who], sorted(people[who])


def by_person(
    connection: duckdb.DuckDBPyConnection, relation: str
) -> dict[str, list[Spell]]:
    found: dict[str, list[Spell]] = defaultdict(list)
    for person, *spell in connection.sql(SPELLS.format(relation=relation)).fetchall():
        found[person].append(Spell(*spell))
    return found


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Build:
    """The journey of a simulated shop, as far as the spells."""
    folder = tmp_path_factory.mktemp("shop")
    simulate(Plan(load_scenario("shop"), 600, 24, 4), folder, workers=1)
    return dbt(
        "build", "--select", "+fct_stage_spells", "stage_daily",
        "--indirect-selection", "cautious", "--exclude-resource-type", "unit_test",
        raw=folder / "raw", out=folder / "out",
    )  # fmt: skip


def test_the_spells_of_a_shop_are_those_of_the_replay(shop: Build):
    assert shop.result.success, shop.failed
    clocks = Clocks(timedelta(days=180), timedelta(days=14), timedelta(hours=24))
    with duckdb.connect(shop.out / "journey.duckdb") as connection:
        (as_of,) = connection.sql(
            "select as_of_at from intermediate.int_as_of"
        ).fetchall()[0]
        people: dict[str, list[Contact]] = defaultdict(list)
        for who, *contact in connection.sql(
            "select customer_key, occurred_at, interaction_id, direction, stage_signal "
            "from marts.fct_interactions"
        ).fetchall():
            people[who].append(Contact(*contact))
        found = by_person(connection, "marts.fct_stage_spells")
    assert len(people) > 600
    stages = {spell.stage for spells in found.values() for spell in spells}
    assert len(stages) == 6
    assert found == {who: replay(rows, as_of, clocks) for who, rows in people.items()}
