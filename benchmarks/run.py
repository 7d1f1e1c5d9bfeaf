"""Every benchmark in one run: a table on the screen, and benchmarks/latest.json."""

import json
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks import btyd, build, cdnow, journey, truth, value, worlds

LATEST = Path(__file__).parent / "latest.json"


def _number(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:,.1f}" if abs(value) >= 10 else f"{value:.3g}"


def main() -> None:
    """Measure, print and write."""
    console = Console()
    rows: list[dict[str, Any]] = []
    for module in (btyd, build, cdnow, worlds, truth, value, journey):
        console.print(f"{module.__name__} …", style="dim")
        rows += module.run()
    LATEST.write_text(json.dumps(rows, indent=2) + "\n")

    table = Table(box=None, header_style="bold")
    table.add_column("measured")
    for column in ("ours", "other", "ratio"):
        table.add_column(column, justify="right")
    table.add_column("unit")
    for row in rows:
        numbers = (_number(row[name]) for name in ("ours", "other", "ratio"))
        table.add_row(row["name"], *numbers, row["unit"])
    console.print(table)
    console.print(f"What each row measures is written out in {LATEST.name}.")


if __name__ == "__main__":
    main()
