"""What a build has to read: everything, or only the files that are new.

A build is an increment when all that went into the last whole build is still there,
unchanged, and files were only added. Whatever else has changed (a file, a setting, the
project itself), and whenever the last build did not come to its end, everything is
built anew. So an increment never has to undo anything but what its new rows touch.
"""

import contextlib
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from journey_clv import contract
from journey_clv.contract import ContractError, Table

Files = dict[str, dict[str, list[int]]]

# What decides how raw rows become marts, beside the settings.
_PROJECT_FOLDERS = ("models", "macros", "seeds", "python_models", "journey_clv")
_PROJECT_SUFFIXES = {".sql", ".yml", ".csv", ".py"}


def plan_load(
    raw_path: str,
    project_dir: str,
    settings: Mapping[str, Any],
    tables: list[str],
    last: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """Decide how to build, given the state that the last build left.

    Returns `mode` ("full" or "increment"), `why` (a sentence for a full build),
    `new_files` (by table) and `state`: what to keep when the build has come to its end.
    """
    files = find_files(raw_path, tables)
    state = {
        "files": files,
        "settings": fingerprint(settings),
        "project": project_fingerprint(Path(project_dir)),
        "raw_path": raw_path,
    }
    why = _reason(state, last)
    before: Files = {} if why or last is None else last["files"]
    new_files = {
        table: sorted(set(paths) - set(before.get(table, {})))
        for table, paths in files.items()
    }
    return {
        "mode": "full" if why else "increment",
        "why": why,
        "new_files": {table: paths for table, paths in new_files.items() if paths},
        "state": state,
    }


def plan_load_json(request: str) -> str:
    """Answer `plan_load` in JSON, for SQL; the request holds its arguments."""
    return json.dumps(plan_load(**json.loads(request)))


def find_files(raw_path: str, tables: list[str]) -> Files:
    """Return size and time of change (in ns) of each file, by table and path."""
    found: Files = {}
    for table in tables:
        # Whatever is wrong with it, the model that reads the table says so.
        with contextlib.suppress(ContractError):
            for path in contract.find_files(raw_path, Table(table, columns=())):
                stat = path.stat()
                stamp = [stat.st_size, stat.st_mtime_ns]
                found.setdefault(table, {})[path.as_posix()] = stamp
    return found


def fingerprint(value: Any) -> str:
    """Return a hash of anything that JSON can hold, the order of keys aside."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def project_fingerprint(project_dir: Path) -> str:
    """Return a hash of all files that decide how raw rows become marts."""
    digest = hashlib.sha256()
    for folder in _PROJECT_FOLDERS:
        for path in sorted((project_dir / folder).rglob("*")):
            if path.suffix in _PROJECT_SUFFIXES:
                digest.update(path.relative_to(project_dir).as_posix().encode())
                digest.update(path.read_bytes())
    digest.update((project_dir / "dbt_project.yml").read_bytes())
    return digest.hexdigest()


def _reason(state: Mapping[str, Any], last: Mapping[str, Any] | None) -> str:
    """Say why an increment will not do; nothing if it will."""
    if last is None:
        return "there is no build to go on from"
    if not last["is_complete"]:
        return "the last build did not come to its end"
    if last["project"] != state["project"]:
        return "the project has changed"
    if last["settings"] != state["settings"]:
        return "the settings have changed"
    if last["raw_path"] != state["raw_path"]:
        return "the raw folder is another"
    for table, paths in last["files"].items():
        for path, stat in paths.items():
            if state["files"].get(table, {}).get(path) != stat:
                gone = path not in state["files"].get(table, {})
                return f"{path} {'is gone' if gone else 'has changed'}"
    return ""
