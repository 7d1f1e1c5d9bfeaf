"""A chain of increments leaves what one full build of the same files makes.

Load upon load is added to a folder, and after each every table and view of the working
database must equal those of a full refresh, row for row. CI runs a short chain with a
load of each kind that matters; `JOURNEY_CHAIN_LOADS=20` runs the long one.
"""

import datetime
import os
import time
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from conftest import Build, build
from loads import Loads, random_kinds

# Models without the tests of them: here it is their rows that are compared.
MODELS = ("--resource-type", "model", "--resource-type", "seed")
# What the increments keep for themselves, beside the schema `loads`: a full build need
# not have it alike.
BOOKKEEPING = {
    "int_contacts_changed",
    "int_people_touched",
    "int_identifiers_touched",
}
# The second ordinary one gives what was erased to somebody else.
SHORT_CHAIN = ["ordinary", "time", "small", "ordinary", "ordinary", "nothing"]


def kinds() -> list[str]:
    n_loads = int(os.environ.get("JOURNEY_CHAIN_LOADS", 0))
    return random_kinds(n_loads, seed=1) if n_loads else SHORT_CHAIN


class Tables:
    """The relations of a build's working database, each as a table in memory."""

    def __init__(self, made: Build) -> None:
        # No alias: the views name the database by its file.
        with duckdb.connect(made.out / "journey.duckdb") as connection:
            salt = os.environ["JOURNEY_PII_SALT"]
            connection.execute(f"set variable pii_salt = '{salt}'")
            connection.execute("set TimeZone = 'UTC'")
            names = connection.sql(
                "select table_schema || '.' || table_name "
                "from information_schema.tables where table_schema != 'loads' "
                "and table_catalog = current_database()"
            ).fetchall()
            self.rows: dict[str, pa.Table] = {
                name: connection.sql(f"from {name}").to_arrow_table()
                for (name,) in names
                if name.split(".")[-1] not in BOOKKEEPING
            }


def differences(one: Tables, other: Tables) -> list[str]:
    """Say what is in one and not in the other, a line for each relation."""
    found = [
        f"{name} is on one side only" for name in one.rows.keys() ^ other.rows.keys()
    ]
    for name in sorted(one.rows.keys() & other.rows.keys()):
        left, right = one.rows[name], other.rows[name]
        if left.schema.names != right.schema.names:
            found.append(f"{name}: {left.schema.names} and {right.schema.names}")
            continue
        with duckdb.connect() as connection:
            connection.register("left_rows", left)
            connection.register("right_rows", right)
            more, fewer = (
                connection.sql(f"from {these} except all from {those}").fetchall()
                for these, those in (
                    ("left_rows", "right_rows"),
                    ("right_rows", "left_rows"),
                )
            )
        if more or fewer:
            found.append(
                f"{name}: {len(more)} rows only after the increments, such as "
                f"{more[:2]}; {len(fewer)} only after the full build, such as "
                f"{fewer[:2]}"
            )
    return found


def build_models(raw: Path, out: Path, *arguments: str) -> Build:
    made = build(raw, out, *arguments, *MODELS)
    if not made.result.success:
        results = made.result.result.results if made.result.result else []
        said = [
            f"{run.node.name}: {run.message}"
            for run in results
            if run.status == "error"
        ]
        pytest.fail("\n".join([str(made.result.exception), made.printed, *said]))
    return made


def as_of(made: Build) -> datetime.datetime:
    ((at,),) = made.work("select as_of_at from intermediate.int_as_of")
    return at


def test_what_differs_is_seen():
    one, other = Tables.__new__(Tables), Tables.__new__(Tables)
    one.rows = {"a": pa.table({"x": [1, 1, None]}), "b": pa.table({"x": [1]})}
    other.rows = {"a": pa.table({"x": [1, None, None]}), "b": pa.table({"x": [1]})}
    (found,) = differences(one, other)
    assert found.startswith("a: 1 rows only after the increments, such as [(1,)]; 1")


def test_a_chain_of_loads_leaves_what_a_full_build_makes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    # The hashes of two folders match only under one salt.
    monkeypatch.setenv("JOURNEY_PII_SALT", "chain")
    loads = Loads(tmp_path / "world", kinds(), seed=1, customers=180, months=15)
    raw = tmp_path / "raw"
    before, full = None, None
    for number, kind in enumerate(loads.kinds):
        n_rows = loads.deliver(number, raw)
        chain = build_models(raw, tmp_path / "chain")
        assert (number > 0) == ("Incremental build:" in chain.printed)
        if kind == "time":
            assert as_of(chain) - before > datetime.timedelta(days=14)
        before = as_of(chain)
        if number == 0:
            continue
        if n_rows or full is None:
            made = build_models(raw, tmp_path / "full", "--full-refresh")
            assert "Incremental build:" not in made.printed
            full = Tables(made)
        found = differences(Tables(chain), full)
        assert not found, "\n".join([f"after load {number}, {kind}:", *found])


def test_a_time_that_lay_ahead_and_has_come_makes_a_full_build(tmp_path: Path):
    raw = tmp_path / "raw"
    raw.mkdir()
    ahead = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=60)
    (raw / "orders.csv").write_text(
        "order_id,customer_id,ordered_at,amount\n"
        "1,a,2024-05-01T10:00:00Z,10.00\n"
        f"2,a,{ahead:%Y-%m-%dT%H:%M:%SZ},20.00\n"
    )
    said, accepted = [], []
    for _ in range(3):
        made = build_models(raw, tmp_path / "out")
        said += [line for line in made.printed.splitlines() if " build: " in line]
        accepted += made.work("select count(*) from staging.stg_sales__orders")
        # What a load keeps for itself goes; the models beside it stay.
        assert {
            name
            for (name,) in made.work(
                "select table_name from duckdb_tables() where schema_name = 'loads'"
            )
        } == {"state", "plan", *BOOKKEEPING}
        time.sleep(max(0, ahead.timestamp() - time.time()))
    assert said == [
        "Full build: there is no build to go on from.",
        "Full build: a time that lay ahead has come.",
        "Incremental build: 0 new files.",
    ]
    assert accepted == [(1,), (2,), (2,)]
