"""Builds of the project inside the test process: one dbt start for all of them."""

import contextlib
import hashlib
import importlib.util
import json
import os
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest
from dbt.cli.main import dbtRunner, dbtRunnerResult

from journey_clv.importers import SAMPLES

PROJECT = Path(__file__).parents[2]
# These take longest and come first, so that none is left for the end.
LONGEST = ["test_increments.py", "test_publish.py", "test_backtests.py"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    places = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path.name, len(LONGEST)))


def lifetimes_data(name: str) -> pd.DataFrame:
    """A table of the package `lifetimes`, read from its file: CDNOW, in weeks."""
    package = importlib.util.find_spec("lifetimes")
    assert package is not None and package.origin is not None
    return pd.read_csv(Path(package.origin).parent / "datasets" / f"{name}.csv")


@pytest.fixture
def warnings_are_errors() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        # Of files that an earlier build in this process left to the collector.
        warnings.simplefilter("ignore", ResourceWarning)
        yield


@dataclass
class Build:
    """One finished `dbt build`: what it said, and what it left."""

    result: dbtRunnerResult
    out: Path
    printed: str

    @property
    def failed(self) -> list[str]:
        if self.result.result is None:
            return []
        return [
            run.node.name
            for run in self.result.result.results
            if run.status in ("error", "fail", "runtime error")
        ]

    def marts(self, query: str) -> list[tuple[Any, ...]]:
        """Answer a query on the published marts."""
        with duckdb.connect(self.out / "marts.duckdb", read_only=True) as connection:
            return connection.sql(query).fetchall()

    def frame(self, query: str) -> Any:
        with duckdb.connect(self.out / "marts.duckdb", read_only=True) as connection:
            return connection.sql(query).df()

    def work(self, query: str) -> list[tuple[Any, ...]]:
        """Answer a query on the working database."""
        with duckdb.connect(self.out / "journey.duckdb") as connection:
            return connection.sql(query).fetchall()

    def fingerprints(self) -> dict[str, str]:
        """A hash of the sorted rows of every published mart."""
        found = {}
        with duckdb.connect(self.out / "marts.duckdb", read_only=True) as connection:
            for (name,) in connection.sql(
                "select table_name from duckdb_tables()"
            ).fetchall():
                rows = sorted(map(repr, connection.sql(f"from {name}").fetchall()))
                found[name] = hashlib.sha256("\n".join(rows).encode()).hexdigest()
        return found


@contextlib.contextmanager
def _environment(**variables: str) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name)
            else:
                os.environ[name] = value


def dbt(*arguments: str, raw: Path, out: Path, **settings: Any) -> Build:
    """Run dbt in this process on a raw folder, and collect what it prints."""
    printed: list[str] = []

    def listen(event: Any) -> None:
        if event.info.name in ("PrintEvent", "JinjaLogInfo"):
            printed.append(event.info.msg)

    command = [
        *arguments,
        "--project-dir", str(PROJECT),
        "--profiles-dir", str(PROJECT),
        "--target-path", str(out / "target"),
        "--log-path", str(out / "logs"),
        "--log-level-file", "none",
    ]  # fmt: skip
    if settings:
        command += ["--vars", json.dumps(settings)]
    with _environment(JOURNEY_RAW=str(raw), JOURNEY_OUT=str(out)):
        result = dbtRunner(callbacks=[listen]).invoke(["--quiet", *command])
    return Build(result, out, "\n".join(printed))


def build(raw: Path, out: Path, *arguments: str, **settings: Any) -> Build:
    """Run `dbt build` as `make build` does; unit tests run once, in `test_project`."""
    return dbt(
        "build", "--exclude-resource-type", "unit_test", *arguments,
        raw=raw, out=out, **settings,
    )  # fmt: skip


@pytest.fixture(scope="session")
def samples(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The raw folder of each shipped sample."""
    folder = tmp_path_factory.mktemp("samples")
    for name, sample in SAMPLES.items():
        sample(folder / name)
    return {name: folder / name for name in SAMPLES}


@pytest.fixture(scope="session")
def complete_journey(
    samples: dict[str, Path], tmp_path_factory: pytest.TempPathFactory
) -> Build:
    return build(samples["complete-journey"], tmp_path_factory.mktemp("complete"))


@pytest.fixture(scope="session")
def cdnow(samples: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Build:
    return build(samples["cdnow"], tmp_path_factory.mktemp("cdnow"))


@pytest.fixture(scope="session")
def cdnow_sample(
    samples: dict[str, Path], tmp_path_factory: pytest.TempPathFactory
) -> Build:
    """The 1/10 sample as it stood after 39 weeks: the published fits are of this."""
    out = tmp_path_factory.mktemp("cdnow_sample")
    return build(samples["cdnow-sample"], out, as_of="1997-09-30")
