"""What a journey costs: a whole build against the floor, a day's increment, identity.

The floor is what no pipeline can do without: DuckDB reads the same Parquet, sorts it
by person and time, and writes it. `python -m benchmarks.journey --out FILE.json` writes
the rows that `run` returns.

Step matrices and transition counts are measured against `retentioneering` 5, which runs
in an interpreter of its own: name one that has it with `--retentioneering`, or in the
environment variable `RETENTIONEERING_PYTHON`.
"""

import argparse
import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from benchmarks.rows import row
from journey_clv.simulate.draws import Ints
from journey_clv.simulate.run import EVENT_TABLES

PROJECT = Path(__file__).parents[1]
CUSTOMERS = 250_000
# The journey half of the project: all that stands between the files and its marts.
JOURNEY = (
    "+path:models/marts/journey",
    "+fct_interactions",
    "+fct_sessions",
    "+heatmap_cells",
)
TARGETS = {"full": 3.0, "memory_gb": 8.0, "increment": 0.05, "retentioneering": 3.0}
# What names somebody ends in one of these.
PERSON = ("customer_id", "anonymous_id")
N_IDENTIFIERS = 1_000_000
N_CHAINS, CHAIN_NODES = 100, 200
# retentioneering holds the events that it looks at in memory.
MAX_COMPARED_EVENTS = 5_000_000


@dataclass(frozen=True)
class Cost:
    """What a process cost: seconds, and memory at its peak."""

    wall: float
    cpu: float
    peak_gb: float


def spent(command: list[str | Path], **environment: str) -> Cost:
    """Run a command to its end, without a word, and return what it cost.

    Raises:
        RuntimeError: it failed.
    """
    with tempfile.TemporaryFile() as said:
        start = time.perf_counter()
        process = subprocess.Popen(
            command,
            cwd=PROJECT,
            env=os.environ | environment,
            stdout=said,
            stderr=subprocess.STDOUT,
        )
        # Of this child alone: RUSAGE_CHILDREN has the peak of all there ever were.
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            said.seek(0)
            words = said.read().decode(errors="replace")
            raise RuntimeError(f"{command} ended with {process.returncode}: {words}")
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024**2)


# The floor


def floor(raw: Path, out: Path) -> None:
    """Read, sort by person and time, and write: every event table, every column."""
    with duckdb.connect(out) as database:
        for table in sorted(EVENT_TABLES):
            files = f"read_parquet('{raw}/{table}/*.parquet', union_by_name = true)"
            columns = database.sql(f"from {files}").columns
            person = [name for name in columns if name.endswith(PERSON)]
            at = next(name for name in columns if name.endswith("_at"))
            order = f"coalesce({', '.join(person)}), {at}" if person else at
            database.execute(f"create table {table} as from {files} order by {order}")


# The builds


class Builds:
    """dbt runs of one world, each a process of its own."""

    def __init__(self, raw: Path, out: Path) -> None:
        self.raw, self.out = raw, out
        out.mkdir(parents=True)
        self.dbt("seed")

    def dbt(self, *arguments: str) -> Cost:
        """Run dbt, with the threads of the profile."""
        return spent(
            [
                Path(sys.executable).parent / "dbt", "--quiet", *arguments,
                "--target-path", self.out / "target",
                "--log-path", self.out / "logs",
            ],
            JOURNEY_RAW=str(self.raw),
            JOURNEY_OUT=str(self.out),
        )  # fmt: skip

    def busy(self) -> dict[str, float]:
        """Seconds that each model of the last run took."""
        run = json.loads((self.out / "target" / "run_results.json").read_text())
        return {
            result["unique_id"].split(".")[-1]: result["execution_time"]
            for result in run["results"]
        }

    def was_increment(self) -> bool:
        """Tell whether the last run was one."""
        with duckdb.connect(self.out / "journey.duckdb", read_only=True) as database:
            ((plan,),) = database.sql("select plan from loads.plan").fetchall()
        return str(json.loads(plan)["mode"]) == "increment"


QUIET = "set enable_progress_bar = false"
EMPTY = "order_id,customer_id,ordered_at,amount\n"


def start_up(folder: Path, *select: str) -> Cost:
    """What dbt costs when there is nothing to do: the models selected, no rows."""
    raw = folder / "raw"
    raw.mkdir(parents=True)
    (raw / "orders.csv").write_text(EMPTY)
    builds = Builds(raw, folder / "out")
    builds.dbt("run")
    # This one finds the project parsed, as a daily one does.
    return builds.dbt("run", *select)


def simulate(out: Path, *options: str) -> None:
    spent([Path(sys.executable).parent / "journey", "simulate", "--out", out, *options])


def count_interactions(raw: Path) -> int:
    """Rows of all event tables."""
    with duckdb.connect() as database:
        return sum(
            database.sql(f"from '{raw}/{table}/*.parquet'").count("*").fetchall()[0][0]
            for table in EVENT_TABLES
        )


def build_rows(world: Path, customers: int) -> list[dict[str, Any]]:
    """Measure the floor, the full build and the increment of one world."""
    raw = world / "raw"
    simulate(world, "--customers", str(customers))
    n = count_interactions(raw)
    idle_journey = start_up(world / "no rows", "--select", *JOURNEY)
    idle = start_up(world / "no rows at all")

    floor_file = world / "floor.duckdb"
    least = spent(
        [sys.executable, "-m", "benchmarks.journey", "--floor", raw, floor_file]
    )
    floor_file.unlink()

    journey = Builds(raw, world / "journey")
    half = journey.dbt("run", "--select", *JOURNEY)
    slowest = sorted(journey.busy().items(), key=lambda item: -item[1])[:5]
    shutil.rmtree(world / "journey")

    everything = Builds(raw, world / "all")
    full = everything.dbt("run")
    built = Builds(raw, world / "journey")
    for name in ("journey.duckdb", ".pii_salt"):
        shutil.copy(everything.out / name, built.out)
    simulate(world, "--append-days", "1")
    n_added = count_interactions(raw) - n
    day = everything.dbt("run")
    day_slowest = sorted(everything.busy().items(), key=lambda item: -item[1])[:5]
    journey_day = built.dbt("run", "--select", *JOURNEY)
    journey_slowest = sorted(built.busy().items(), key=lambda item: -item[1])[:5]
    increment = everything.was_increment() and built.was_increment()

    scale = f"{n:,} interactions of {customers:,} simulated people"
    journey_share = (journey_day.wall - idle_journey.wall) / (
        half.wall - idle_journey.wall
    )
    share = (day.wall - idle.wall) / (full.wall - idle.wall)
    return [
        row(
            "journey build, wall",
            half.wall,
            least.wall,
            half.wall / least.wall,
            "s",
            f"`dbt run` of staging, identity, interactions, sessions, stages and "
            f"journey marts on {scale}, against the floor: DuckDB reads the same "
            f"Parquet, sorts it by person and time, writes it (target: at most "
            f"{TARGETS['full']:g} times the floor). dbt's own start-up is in it: "
            f"{idle_journey.wall:.1f} s for the same models without a row, so beyond "
            f"it {(half.wall - idle_journey.wall) / least.wall:.2f} times the floor. "
            f"The slowest: {_listed(slowest)}.",
        ),
        row(
            "journey build, CPU",
            half.cpu,
            least.cpu,
            half.cpu / least.cpu,
            "s",
            "User and system time of the same two.",
        ),
        row(
            "journey build, peak memory",
            half.peak_gb,
            least.peak_gb,
            half.peak_gb / least.peak_gb,
            "GB",
            f"Peak resident memory of the same two (target: at most "
            f"{TARGETS['memory_gb']:g}).",
        ),
        row(
            "a day's increment of the journey, share of its full build",
            journey_share,
            None,
            None,
            "share",
            f"`dbt run` of the same models after a day more, {n_added:,} interactions, "
            f"{'an increment' if increment else 'NOT an increment'}: "
            f"{journey_day.wall:.1f} s and {journey_day.cpu:.1f} s of CPU; the full "
            f"one {half.wall:.1f} s; each less dbt's own start-up (target: at most "
            f"{TARGETS['increment']:g}). The slowest: {_listed(journey_slowest)}.",
        ),
        row(
            "a day's increment of the whole project, share of its full build",
            share,
            None,
            None,
            "share",
            f"`dbt run` of the whole project, fits of everybody in it: {day.wall:.1f} "
            f"s; the full one {full.wall:.1f} s; each less dbt's own start-up, "
            f"{idle.wall:.1f} s. The slowest: {_listed(day_slowest)}.",
        ),
        row(
            "whole project, full run, wall",
            full.wall,
            None,
            None,
            "s",
            f"`dbt run` of everything on {scale}; peak memory {full.peak_gb:.1f} GB.",
        ),
        row("whole project, a day's run, wall", day.wall, None, None, "s", "As above."),
    ]


def _listed(models: list[tuple[str, float]]) -> str:
    return ", ".join(f"{name} {seconds:.1f} s" for name, seconds in models)


# A million identifiers


def identity_rows(folder: Path) -> list[dict[str, Any]]:
    """Time the connected components of a million identifiers."""
    (folder / "raw").mkdir(parents=True)
    (folder / "raw" / "orders.csv").write_text(EMPTY)
    query = compiled("{{ connected_components('edges') }}", folder)
    rows = []
    for what, n_chains in (("", 0), (", some in long chains", N_CHAINS)):
        left, right, n_people = _ties(n_chains)
        with duckdb.connect() as database:
            database.execute(QUIET)
            database.register("ties", {"one": left, "other": right})
            database.execute(
                "create table edges as select printf('%032x', one) as node, "
                "printf('%032x', other) as other_node from ties"
            )
            start = time.perf_counter()
            database.execute(f"create table components as {query}")
            seconds = time.perf_counter() - start
            ((found,),) = database.sql(
                "select count(distinct root) from components"
            ).fetchall()
        assert found == n_people, (found, n_people)
        chains = (
            f", {n_chains} chains of {CHAIN_NODES} among them, which take a round for "
            f"every node"
            if n_chains
            else ""
        )
        rows.append(
            row(
                f"connected components, a million identifiers{what}",
                seconds,
                None,
                None,
                "s",
                f"Wall time of the SQL that joins {N_IDENTIFIERS:,} identifiers by "
                f"{len(left):,} ties{chains}, into {found:,} people, whose number is "
                f"checked.",
            )
        )
    return rows


def _ties(n_chains: int) -> tuple[Ints, Ints, int]:
    """Draw pairs of identifiers, and count the people that they make.

    People of three identifiers on average, those in chains aside; those of one tie
    nothing, and are not counted.
    """
    rng = np.random.default_rng(1)
    chains = np.arange(n_chains * CHAIN_NODES).reshape(n_chains, CHAIN_NODES)
    rest = N_IDENTIFIERS - chains.size
    person = np.sort(rng.integers(0, rest // 3, rest))
    same = person[:-1] == person[1:]
    node = chains.size + np.arange(rest)
    left = np.concatenate([chains[:, :-1].ravel(), node[:-1][same]])
    right = np.concatenate([chains[:, 1:].ravel(), node[1:][same]])
    names = rng.permutation(N_IDENTIFIERS)  # they say nothing about who is tied
    return names[left], names[right], n_chains + len(np.unique(person[:-1][same]))


def compiled(inline: str, folder: Path) -> str:
    """Return the SQL that dbt makes of a piece of Jinja."""
    from dbt.cli.main import dbtRunner

    with contextlib.ExitStack() as stack:
        for name, value in (("JOURNEY_RAW", "raw"), ("JOURNEY_OUT", "out")):
            stack.callback(_restore, name, os.environ.get(name))
            os.environ[name] = str(folder / value)
        answer = dbtRunner().invoke(
            [
                "--log-level", "none", "compile", "--inline", inline,
                "--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT),
                "--target-path", str(folder / "target"),
                "--log-path", str(folder / "logs"),
            ]
        )  # fmt: skip
    if not answer.success:
        raise RuntimeError(f"dbt could not compile {inline!r}: {answer.exception}")
    results: Any = answer.result
    return str(results.results[0].node.compiled_code)


def _restore(name: str, value: str | None) -> None:
    if value is None:
        os.environ.pop(name)
    else:
        os.environ[name] = value


# Step matrix and transition counts, against retentioneering

THEIRS = """
import json, sys, time
import pandas as pd
from retentioneering import Eventstream

frame = pd.read_parquet(sys.argv[1])
seconds = [time.perf_counter()]
stream = Eventstream(
    frame,
    schema={"path_cols": ["journey"], "event_col": "touchpoint",
            "timestamp_col": "occurred_at"},
)
seconds.append(time.perf_counter())
stream.step_matrix_data(max_steps=20)
seconds.append(time.perf_counter())
counts = stream.transition_graph_data(edge_weight="count")
seconds.append(time.perf_counter())
counts = counts.rename(
    index={"path_start": "(start)"}, columns={"path_end": "(end)"}
).stack()
json.dump(
    {
        "seconds": [after - before for before, after in zip(seconds, seconds[1:])],
        "counts": [[*pair, int(n)] for pair, n in counts.items() if n],
    },
    sys.stdout,
)
"""


def analysis_rows(
    database_file: Path, folder: Path, interpreter: str | None
) -> list[dict[str, Any]]:
    """Compare two analyses of the project with what retentioneering does.

    Args:
        database_file: the working database of a build.
        folder: for what is made on the way.
        interpreter: a Python that has retentioneering; without it, no rows.
    """
    if not interpreter:
        print(
            "No step matrix against retentioneering: name a Python that has it "
            "(pip install 'retentioneering>=5,<6') in RETENTIONEERING_PYTHON."
        )
        return []
    folder.mkdir(parents=True)
    (folder / "raw").mkdir()
    (folder / "raw" / "orders.csv").write_text(EMPTY)
    events = folder / "events.parquet"
    with duckdb.connect(folder / "compared.duckdb") as database:
        database.execute(QUIET)
        database.execute(f"attach '{database_file}' as built (read_only)")
        source = "built.marts.fct_interactions"
        ((n_all,),) = database.sql(
            f"select count(*) from {source} where direction = 'inbound'"
        ).fetchall()
        share = min(1.0, MAX_COMPARED_EVENTS / max(n_all, 1))
        database.execute(
            f"create table compared as from {source} where "
            f"hash(customer_key) % 10000 < {10000 * share} "
            "order by customer_key, occurred_at, interaction_id"
        )
        database.execute(
            "copy (select customer_key || cycle_number as journey, touchpoint, "
            "occurred_at from compared where direction = 'inbound' "
            f"order by customer_key, occurred_at, interaction_id) to '{events}'"
        )
        seconds, answers = {}, {}
        for name in ("step_matrix", "touchpoint_transitions"):
            sql = (PROJECT / "analyses" / f"{name}.sql").read_text()
            query = compiled(sql, folder).replace(
                '"journey"."marts"."fct_interactions"', "compared"
            )
            start = time.perf_counter()
            answers[name] = database.sql(query).df()
            seconds[name] = time.perf_counter() - start
        ((n_events,),) = database.sql(
            "select count(*) from compared where direction = 'inbound'"
        ).fetchall()
    theirs = json.loads(
        subprocess.run(
            [interpreter, "-c", THEIRS, events],
            # It would tell its makers that it was used.
            env=os.environ | {"RETENTIONEERING_NO_TRACK": "1"},
            capture_output=True,
            check=True,
        ).stdout
    )
    mine = answers["touchpoint_transitions"][
        ["from_touchpoint", "to_touchpoint", "n_transitions"]
    ]
    assert sorted(mine.values.tolist()) == sorted(theirs["counts"])
    building, *theirs_by = theirs["seconds"]
    ours_total, theirs_total = sum(seconds.values()), sum(theirs_by)
    return [
        row(
            "step matrix and transition counts",
            ours_total,
            building + theirs_total,
            (building + theirs_total) / ours_total,
            "s",
            f"Wall time of the analyses step_matrix (20 steps) and "
            f"touchpoint_transitions on {n_events:,} contacts in fct_interactions, "
            f"against retentioneering 5 on the same, from a data frame in memory to "
            f"both tables: its event stream {building:.2f} s, step matrix "
            f"{theirs_by[0]:.2f} s, transitions {theirs_by[1]:.2f} s (target: at least "
            f"{TARGETS['retentioneering']:g} times faster). Without building the "
            f"stream: {theirs_total / ours_total:.1f} times. All transition counts are "
            f"equal.",
        )
    ]


def run(
    customers: int = CUSTOMERS, retentioneering: str | None = None
) -> list[dict[str, Any]]:
    """Measure all of it, in a folder that is removed at the end; many minutes.

    Raises:
        RuntimeError: a build or the simulator failed.
    """
    interpreter = retentioneering or os.environ.get("RETENTIONEERING_PYTHON")
    with tempfile.TemporaryDirectory() as folder:
        world = Path(folder) / "world"
        # The builds first: the peak of a child counts what its parent held before.
        return [
            *build_rows(world, customers),
            *analysis_rows(
                world / "all" / "journey.duckdb", Path(folder) / "theirs", interpreter
            ),
            *identity_rows(Path(folder) / "identity"),
        ]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, help="JSON file to write")
    parser.add_argument("--customers", type=int, default=40_000)
    parser.add_argument("--retentioneering", help="a Python that has it")
    parser.add_argument("--floor", type=Path, nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.floor:
        floor(*arguments.floor)
    else:
        found = run(arguments.customers, arguments.retentioneering)
        text = json.dumps(found, indent=2) + "\n"
        if arguments.out:
            arguments.out.write_text(text)
        else:
            print(text)
