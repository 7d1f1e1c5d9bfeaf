"""The command line: `journey`."""

from collections.abc import Iterable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import duckdb
import typer
from rich.console import Console
from rich.progress import track

from journey_clv.contract import ContractError, Table, load_contract, raw_folder_error
from journey_clv.doctor import diagnose, print_diagnosis
from journey_clv.simulate.cli import simulate
from journey_clv.terminal import fail, messages, move_aside

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Customer journeys and lifetime value, beside `dbt build`.",
)


def print_version(wanted: bool) -> None:
    """Print the version and leave."""
    if wanted:
        typer.echo(f"journey {version('journey-clv')}")
        raise typer.Exit


@app.callback()
def main(
    show_version: Annotated[
        bool,
        typer.Option(
            "--version",
            callback=print_version,
            is_eager=True,
            help="Print the version and leave.",
        ),
    ] = False,
) -> None:
    """Stand in front of the commands."""


@app.command()
def doctor(
    folder: Annotated[
        Path,
        typer.Argument(
            envvar="JOURNEY_RAW",
            help="The folder with one file, or one folder of files, per table.",
        ),
    ] = Path("data/raw"),
    project_dir: Annotated[
        Path | None,
        typer.Option(
            help="The dbt project whose contract holds; by default the nearest one "
            "upwards, else the one that this command belongs to.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Check a raw folder against the contract, before a build.

    Prints what there is of every table, what an absent one would add, and
    what would stop a build. Exits with 0 if a build could run, else with 1.
    """
    raw_path = str(folder)
    if reason := raw_folder_error(raw_path):
        fail(reason)
    try:
        contract = load_contract(project_dir or find_project(Path.cwd()))
    except ContractError as error:
        fail(str(error))
    diagnosis = diagnose(raw_path, contract, watch=_progress)
    print_diagnosis(diagnosis, raw_path, Console(highlight=False))
    raise typer.Exit(1 if diagnosis.errors else 0)


@app.command("import")
def import_sample(
    name: Annotated[str, typer.Argument(help="The sample's name.")],
    out: Annotated[Path, typer.Option(help="The raw folder to write.")],
    force: Annotated[
        bool,
        typer.Option(
            "--force",
            help="Move a folder with files of yours aside, to OUT.old.",
        ),
    ] = False,
) -> None:
    """Write a real sample as a raw folder.

    An earlier import is replaced; a folder with any other files is left alone,
    unless --force is given.
    """
    from journey_clv.importers import SAMPLES

    if name not in SAMPLES:
        fail(f"No sample is called {name}; there are: {', '.join(SAMPLES)}.", 2)
    write = SAMPLES[name]
    try:
        with messages.status(f"Importing {name}"):
            try:
                write(out)
            except FileExistsError:
                if not force:
                    raise
                move_aside(out)
                write(out)
    except FileExistsError as error:
        fail(f"{error}; --force moves it aside.")
    except (OSError, ImportError, duckdb.Error) as error:
        fail(f"The sample {name} could not be written to {out}: {error}.")
    typer.echo(f"Wrote {name} to {out}; next: journey doctor {out}")


app.command()(simulate)


def find_project(start: Path) -> Path:
    """Return the nearest folder upwards with a dbt project, else the package's."""
    for folder in (start, *start.parents):
        if (folder / "dbt_project.yml").is_file():
            return folder
    return Path(__file__).resolve().parents[1]


def _progress(tables: Iterable[Table]) -> Iterator[Table]:
    yield from track(
        list(tables),
        description="Reading",
        console=messages,
        transient=True,
        disable=not messages.is_terminal,
    )


if __name__ == "__main__":
    app()
