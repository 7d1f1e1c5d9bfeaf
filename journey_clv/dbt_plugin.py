"""What dbt-duckdb loads at start: the functions that SQL cannot be.

`profiles.yml` names this module as a plugin. It gives every connection four
things: `journey_inspect` (what raw files there are, see `journey_clv.contract`),
`journey_plan_load` (which of them are new, see `journey_clv.loads`), `journey_publish`
(the atomic swap of the published marts), and the salt of the personal data, as a
variable, so that it stands in no compiled SQL and in no log.
"""

import atexit
import contextlib
import os
import secrets
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
from dbt.adapters.duckdb.plugins import BasePlugin
from duckdb import DuckDBPyConnection

from journey_clv.contract import inspect_json
from journey_clv.loads import plan_load_json


class Plugin(BasePlugin):
    """Connects the package to the DuckDB session that dbt opens."""

    def update_connection_config(self, creds: Any, config: dict[str, Any]) -> None:
        """Make the output folder before DuckDB opens a file in it."""
        if creds.path != ":memory:":
            Path(creds.path).parent.mkdir(parents=True, exist_ok=True)

    def configure_connection(self, conn: DuckDBPyConnection) -> None:
        """Register the scalar functions."""
        for name, function in FUNCTIONS.items():
            conn.create_function(name, function, side_effects=True)
        atexit.register(_close, conn)

    def configure_cursor(self, cursor: DuckDBPyConnection) -> None:
        """Set the salt on every cursor: variables are not inherited."""
        path = self.creds.path if self.creds else ":memory:"
        salt = pii_salt(path).replace("'", "''")
        cursor.execute(f"set variable pii_salt = '{salt}'")


def _close(conn: DuckDBPyConnection) -> None:
    """Let go of the functions, or DuckDB reports them as leaked when Python ends."""
    with contextlib.suppress(duckdb.Error):
        for name in FUNCTIONS:
            conn.remove_function(name)
        conn.close()


def pii_salt(database_path: str) -> str:
    """Return the secret that personal data is hashed with.

    `JOURNEY_PII_SALT` if it is set; else a random one, made once per output
    folder and kept there in `.pii_salt`, readable by its owner only. Hashes made
    with different salts do not match: keep the salt as long as the hashes.
    """
    if salt := os.environ.get("JOURNEY_PII_SALT"):
        return salt
    if database_path == ":memory:":
        return secrets.token_hex(32)
    path = Path(database_path).parent / ".pii_salt"
    if not path.exists():
        # Written whole before it gets its name, so that nobody reads half of it.
        with tempfile.NamedTemporaryFile("w", dir=path.parent) as draft:
            draft.write(secrets.token_hex(32))
            draft.flush()
            with contextlib.suppress(FileExistsError):
                path.hardlink_to(draft.name)
    return path.read_text()


def discard(file: str) -> str:
    """Remove what a build that was killed while it published has left behind."""
    for leftover in (Path(file), Path(f"{file}.wal")):
        leftover.unlink(missing_ok=True)
    return file


def publish(new_file: str, published_file: str) -> str:
    """Put `new_file` in the place of `published_file`, in one atomic step.

    A reader that has the old file open keeps reading it. The file is forced to
    disk first, so that a power cut leaves the old or the new one, never half.
    """
    with Path(new_file).open("rb+") as file:
        os.fsync(file.fileno())
    Path(new_file).replace(published_file)
    return published_file


FUNCTIONS: dict[str, Callable[[str], str] | Callable[[str, str], str]] = {
    "journey_inspect": inspect_json,
    "journey_plan_load": plan_load_json,
    "journey_discard": discard,
    "journey_publish": publish,
}
