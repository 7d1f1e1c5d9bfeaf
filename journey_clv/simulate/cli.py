"""The command `journey simulate`."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from journey_clv.simulate.plan import Plan
from journey_clv.simulate.run import (
    SimulationError,
    Watch,
    append,
    check_plan,
    read_manifest,
    world_folders,
)
from journey_clv.simulate.run import simulate as simulate_base
from journey_clv.simulate.scenario import (
    DEFAULT,
    ScenarioError,
    load_scenario,
    presets,
)
from journey_clv.terminal import fail, messages, move_aside

CUSTOMERS, MONTHS, SEED = 3000, 24, 1


def simulate(
    out: Annotated[
        Path, typer.Option(help="The folder to write: gets raw/ and truth/.")
    ],
    customers: Annotated[
        int | None,
        typer.Option(
            help=f"People who come by themselves; {CUSTOMERS} by default. Those whom "
            "they refer come on top.",
            show_default=False,
        ),
    ] = None,
    months: Annotated[
        int | None,
        typer.Option(
            help=f"Months to simulate; {MONTHS} by default.", show_default=False
        ),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(
            help=f"Another one gives another world; {SEED} by default.",
            show_default=False,
        ),
    ] = None,
    scenario: Annotated[
        str | None,
        typer.Option(
            help=f"One of {', '.join(presets())}, or a YAML file of your own; "
            f"{DEFAULT} by default.",
            show_default=False,
        ),
    ] = None,
    append_days: Annotated[
        int | None,
        typer.Option(
            help="Continue the world that is in OUT by so many days, into new files.",
            show_default=False,
        ),
    ] = None,
    force: Annotated[
        bool,
        typer.Option(
            "--force", help="Move a world that is in the way aside, to *.old."
        ),
    ] = False,
) -> None:
    """Simulate a business whose truth is known.

    Writes every table of the raw contract to OUT/raw, and what a model should find
    to OUT/truth. The same seed gives the same files.
    """
    world_options = (customers, months, seed, scenario)
    try:
        if append_days is None:
            plan = Plan(
                load_scenario(scenario or DEFAULT),
                CUSTOMERS if customers is None else customers,
                MONTHS if months is None else months,
                SEED if seed is None else seed,
            )
            check_plan(plan, plan.base_days)
            if force:
                _move_aside(out)
            with _progress() as watch:
                n = simulate_base(plan, out, watch=watch)
            what = f"Simulated {n:,} interactions of {plan.customers:,} people"
        else:
            if force or any(option is not None for option in world_options):
                fail("--append-days goes with --out alone: the world is in OUT.", 2)
            with _progress() as watch:
                n = append(out, append_days, watch=watch)
            plan, days = read_manifest(out)
            what = f"Appended {n:,} interactions up to {plan.date(days)}"
    except FileExistsError as error:
        fail(f"{error}: name another folder, or --force moves it aside.")
    except (ScenarioError, SimulationError, OSError) as error:
        fail(f"{error}")
    typer.echo(f"{what} in {out}; next: journey doctor {out / 'raw'}")


def _move_aside(out: Path) -> None:
    for folder in world_folders(out):
        if folder.exists():
            move_aside(folder)


@contextmanager
def _progress() -> Iterator[Watch]:
    """Show a bar on standard error, where that is a terminal; yield what to tell."""
    with Progress(
        TextColumn("Simulating"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeRemainingColumn(),
        console=messages,
        transient=True,
        disable=not messages.is_terminal,
    ) as bar:
        task = bar.add_task("", total=1.0)
        yield lambda share: bar.update(task, completed=share)
