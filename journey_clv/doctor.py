"""`journey doctor`: a raw folder held against the contract, before a build."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
from rich.console import Console
from rich.table import Table as Grid
from rich.text import Text

from journey_clv.contract import (
    RawTable,
    Table,
    connect,
    inspect,
    quote_name,
    table_of,
)


@dataclass
class Finding:
    """What a raw folder has of one table; `blanks` counts by required column."""

    table: Table
    raw: RawTable
    blanks: dict[str, int] = field(default_factory=dict)


@dataclass
class Diagnosis:
    """What a raw folder has of the contract; a build runs if `errors` is empty."""

    findings: list[Finding]
    strays: list[str]  # visible files and folders that belong to no table
    errors: list[str]


def diagnose(
    raw_path: str,
    contract: dict[str, Table],
    watch: Callable[[Iterable[Table]], Iterable[Table]] = iter,
) -> Diagnosis:
    """Inspect every table of the contract; `watch` may show the progress."""
    findings = []
    errors = []
    for table in watch(contract.values()):
        finding = Finding(table, inspect(raw_path, table))
        errors.extend(finding.raw.errors)
        try:
            finding.blanks = blank_counts(finding.raw, table)
        except duckdb.Error as error:
            reason = str(error).splitlines()[0]
            errors.append(f"Table {table.name} cannot be read ({reason}).")
        findings.append(finding)
    return Diagnosis(findings, _strays(Path(raw_path), contract), errors)


def blank_counts(raw: RawTable, table: Table) -> dict[str, int]:
    """Count the rows whose required columns are blank, where any are.

    Blank is null, or nothing but spaces. A build puts such rows into quarantine;
    it does so too with words for nothing in an id, which are not counted here.
    """
    required = {column.name for column in table.columns if column.required}
    names = {
        column["name"]: quote_name(column["raw_name"])
        for column in raw.columns
        if column["name"] in required
    }
    if raw.reader is None or not names:
        return {}
    counts = ", ".join(
        f"count(*) filter (coalesce(trim(cast({name} as varchar)), '') = '')"
        for name in names.values()
    )
    with connect() as connection:
        row = connection.execute(f"select {counts} from {raw.reader}").fetchall()[0]
    return {name: n for name, n in zip(names, row, strict=True) if n}


def print_diagnosis(diagnosis: Diagnosis, raw_path: str, console: Console) -> None:
    """Print what was found, the errors, and whether a build could run."""
    grid = Grid(box=None, padding=(0, 2, 0, 0), header_style="bold")
    grid.add_column("table", no_wrap=True)
    grid.add_column("rows", justify="right", no_wrap=True)
    grid.add_column("what was found", overflow="fold")
    for finding in diagnosis.findings:
        grid.add_row(
            finding.table.name, _rows(finding.raw), _details(finding, raw_path)
        )
    console.print(grid)

    if diagnosis.strays:
        _print_line(console, "\nIgnored, for no table has such a name or format:")
        for stray in diagnosis.strays:
            _print_line(console, f"  {stray}")
    if diagnosis.errors:
        _print_line(console, "\nErrors:", style="bold red")
        for error in diagnosis.errors:
            _print_line(console, f"  {error}")
    _print_line(console, "\n" + _verdict(diagnosis), style="bold")


def _rows(raw: RawTable) -> Text:
    if raw.errors:
        return Text("error", style="red")
    if not raw.files:
        return Text("absent", style="dim")
    return Text(f"{raw.n_rows:,}")


def _details(finding: Finding, raw_path: str) -> Text:
    """Say where a table was found and what is odd about it, an item a line."""
    raw = finding.raw
    if not raw.files:
        marts = ", ".join(finding.table.lights_up)
        return Text(f"would add to {marts}" if marts else "", style="dim")
    lines = [_source(raw, raw_path)]
    if raw.missing_optional:
        lines.append("without " + ", ".join(raw.missing_optional))
    if raw.extra_columns:
        lines.append("ignored: " + ", ".join(raw.extra_columns))
    lines.extend(
        f"blank {name}: {n:,}, to quarantine" for name, n in finding.blanks.items()
    )
    return Text("\n".join(lines))


def _source(raw: RawTable, raw_path: str) -> str:
    inner_paths = [Path(file).relative_to(raw_path) for file in raw.files]
    if len(inner_paths) == 1:
        return inner_paths[0].as_posix()
    kind = f" {raw.format}" if raw.format else ""
    return f"{inner_paths[0].parts[0]}/, {len(inner_paths):,}{kind} files"


def _strays(folder: Path, contract: dict[str, Table]) -> list[str]:
    if not folder.is_dir():
        return []
    return sorted(
        entry.name
        for entry in folder.iterdir()
        if not entry.name.startswith((".", "_")) and table_of(entry) not in contract
    )


def _verdict(diagnosis: Diagnosis) -> str:
    if n := len(diagnosis.errors):
        return f"Not ready: mend the {'error' if n == 1 else f'{n} errors'} above."
    present = [finding.raw for finding in diagnosis.findings if finding.raw.files]
    n_rows = sum(raw.n_rows for raw in present)
    n_tables = len(diagnosis.findings)
    return f"Ready to build: {len(present)} of {n_tables} tables, {n_rows:,} rows."


def _print_line(console: Console, line: str, style: str = "") -> None:
    """Print a line as it is; where it is too long, the terminal breaks it."""
    console.print(Text(line, style=style), soft_wrap=True)
