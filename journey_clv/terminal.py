"""What the commands share: messages beside the output, and a way to leave."""

from pathlib import Path
from typing import NoReturn

import typer
from rich.console import Console

messages = Console(stderr=True, highlight=False)


def fail(message: str, exit_code: int = 1) -> NoReturn:
    """Leave with one line on standard error."""
    messages.print(message, markup=False, soft_wrap=True)
    raise typer.Exit(exit_code)


def move_aside(folder: Path) -> None:
    """Rename a folder to `<name>.old`.

    Raises:
        OSError: that is there already.
    """
    old = folder.with_name(f"{folder.name}.old")
    if old.exists():
        raise OSError(f"{old} is there already: remove it first")
    folder.rename(old)
