"""The raw contract, and what a folder of raw files has of it.

`load_contract` reads the contract from its one statement, the YAML beside the base
models. `inspect` finds the files of one table and how to read them; `dbt build`
(through `inspect_json`, a scalar function in SQL) and `journey doctor` both ask it,
so they cannot disagree.
"""

import csv
import gzip
import io
import json
import re
import zlib
from collections.abc import Collection, Iterable
from copy import deepcopy
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import yaml

STAGING = Path("models", "staging")
SUFFIXES = {".parquet": "parquet", ".csv": "csv", ".csv.gz": "csv"}
DELIMITERS = ",;\t|"
SOURCE_FILE = "source_file"
HEADER_CHARACTERS = 1_000_000
PLAIN_KINDS = {"text", "number", "time", "time with an offset"}

UNREADABLE = (OSError, EOFError, zlib.error, csv.Error, pa.ArrowException)

# What DuckDB's reason says, and what to do about it.
CSV_REMEDIES = {
    "Invalid unicode": "save it as UTF-8",
    "unterminated quote": "close that line's quote, and double quotes inside fields",
    "Number of Columns": "give that line as many fields as the first line has names",
    "state machine": "end all lines in the same way, and close every quote",
    "line size": "shorten that line to two million bytes",
}


@dataclass(frozen=True)
class Column:
    """A column of a raw table; `data_type` is what staging makes of it."""

    name: str
    data_type: str
    required: bool = False
    pii: bool = False
    description: str = ""


@dataclass(frozen=True)
class Table:
    """A raw table: `key` identifies its rows, `lights_up` names its marts."""

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    event_time: str | None = None
    required: bool = False
    lights_up: tuple[str, ...] = ()
    description: str = ""


@dataclass
class RawTable:
    """What there is of a raw table, and how to read it.

    `reader` is a table expression of DuckDB, null if there is nothing to read.
    `columns` are those of the contract that it has: `name` as in the contract,
    `raw_name` as the reader calls it, `raw_type` as DuckDB does. Each of `errors`
    is one sentence, and stops a build.
    """

    table: str
    files: list[str] = field(default_factory=list)
    format: str | None = None
    reader: str | None = None
    columns: list[dict[str, str]] = field(default_factory=list)
    extra_columns: list[str] = field(default_factory=list)
    missing_optional: list[str] = field(default_factory=list)
    n_rows: int = 0
    errors: list[str] = field(default_factory=list)

    def to_json(self) -> str:
        """Return the fields as a JSON object."""
        return json.dumps(asdict(self))


class ContractError(Exception):
    """Something stops a build; the message is a sentence for its user."""


@dataclass(frozen=True)
class _File:
    """A readable file of a table. `columns` are in its order, blanks stripped.

    `kinds` says what kind of value each column of a Parquet file holds.
    """

    path: Path
    columns: tuple[str, ...]
    folder_columns: tuple[str, ...]  # from folders named column=value
    kinds: tuple[str, ...] = ()
    delimiter: str | None = None
    n_rows: int = 0


def load_contract(project_dir: Path) -> dict[str, Table]:
    """Read the contract from the YAML of a dbt project: required tables first.

    Raises:
        ContractError: the project has no raw contract, or refers to a doc block
            that it lacks.
    """
    staging = project_dir / STAGING
    docs = _doc_blocks(staging / "docs.md")
    marts = {path.stem for path in (project_dir / "models" / "marts").rglob("*.sql")}
    tables = [
        _table(entry, docs, marts)
        for path in sorted(staging.rglob("*.yml"))
        for source in (yaml.safe_load(path.read_text("utf-8")) or {}).get("sources", [])
        if source["name"] == "raw"
        for entry in source.get("tables", [])
    ]
    if not tables:
        raise ContractError(f"There is no raw contract in {staging}.")
    tables.sort(key=lambda table: not table.required)
    return {table.name: table for table in tables}


def inspect(
    raw_path: str, table: Table, only: Collection[str] | None = None
) -> RawTable:
    """Find the files of one table under `raw_path`, and how to read them.

    Where `only` is given the others are left alone, as if they were not there.

    A table is `<table>.parquet`, `<table>.csv`, `<table>.csv.gz` or a folder of
    that name with files of one of these formats, at any depth. Hidden files and
    those that begin with an underscore are passed over, and so is the case of file
    and column names. A folder named `column=value` gives its files that column.
    """
    try:
        paths = find_files(raw_path, table)
    except ContractError as error:
        return RawTable(table.name, errors=list(error.args))
    if only is not None:
        paths = [path for path in paths if path.as_posix() in only]
    return deepcopy(_look_into(raw_path, table, tuple(paths), _stamps(paths)))


def find_files(raw_path: str, table: Table) -> list[Path]:
    """Find the files of one table under `raw_path`, in their order.

    Raises:
        ContractError: there is no such folder, or the table is there twice, or not
            at all although it is required.
    """
    folder = Path(raw_path)
    if reason := raw_folder_error(raw_path):
        raise ContractError(reason)
    entries = [entry for entry in folder.iterdir() if table_of(entry) == table.name]
    sources = {entry: paths for entry in sorted(entries) if (paths := _files(entry))}
    if len(sources) > 1:
        names = " and ".join(entry.as_posix() for entry in sources)
        raise ContractError(f"Table {table.name} is there twice: keep one of {names}.")
    if not sources and table.required:
        raise ContractError(
            f"Table {table.name} is required, but {folder.as_posix()} has no "
            f"{table.name}.parquet, {table.name}.csv or folder {table.name}: "
            "add it; it may have no rows."
        )
    return [path for paths in sources.values() for path in paths]


def inspect_json(request: str) -> str:
    """Answer `inspect` in JSON, for SQL; an unexpected failure is in `errors`.

    `request` is an object of `raw_path` and `table`: `name`, `required`, `columns`
    (each with `name`, `data_type`, `required`), and `only`: the paths to look at,
    null for all. Other keys are ignored. The answer has the fields of `RawTable`.
    """
    name = "?"
    try:
        asked = json.loads(request)
        name = asked["table"]["name"]
        table = Table(
            name=name,
            columns=tuple(
                Column(column["name"], column["data_type"], column["required"])
                for column in asked["table"]["columns"]
            ),
            required=asked["table"]["required"],
        )
        return inspect(asked["raw_path"], table, asked.get("only")).to_json()
    except Exception as error:
        reason = f"{type(error).__name__}: {_first_line(error)}"
        sentence = f"Table {name} could not be inspected ({reason})."
        return RawTable(name, errors=[sentence]).to_json()


def raw_folder_error(raw_path: str) -> str | None:
    """Return why a path is no raw folder, in a sentence; null if it is one."""
    try:
        next(Path(raw_path).iterdir(), None)
        return None
    except FileNotFoundError:
        what = "does not exist"
    except NotADirectoryError:
        what = "is not a folder"
    except OSError as error:
        what = f"cannot be read ({error.strerror})"
    return (
        f"Raw folder {raw_path} {what}: "
        "set JOURNEY_RAW to the folder that holds your files."
    )


def table_of(entry: Path) -> str | None:
    """Return the table that a file or folder of the raw folder is named after.

    Null if it is no data: hidden, or neither Parquet nor CSV nor a folder.
    """
    name = entry.name.lower()
    if name.startswith((".", "_")):
        return None
    suffix = _suffix(entry)
    if suffix is None and not entry.is_dir():
        return None
    return name.removesuffix(suffix or "")


def quote_name(name: str) -> str:
    """Quote a column's name for SQL."""
    return '"' + name.replace('"', '""') + '"'


def connect() -> duckdb.DuckDBPyConnection:
    """Open an empty DuckDB in memory, in UTC as the build is."""
    connection = duckdb.connect()
    connection.execute("set timezone = 'UTC'")
    return connection


# The contract's YAML


def _table(entry: dict[str, Any], docs: dict[str, str], marts: set[str]) -> Table:
    meta = entry["config"]["meta"]
    return Table(
        name=entry["name"],
        columns=tuple(_column(column, docs) for column in entry["columns"]),
        key=tuple(meta["key"]),
        event_time=meta.get("event_time"),
        required=meta.get("required", False),
        lights_up=tuple(
            name if name in marts else f"{name} (planned)" for name in meta["lights_up"]
        ),
        description=_resolved(entry["description"], docs),
    )


def _column(entry: dict[str, Any], docs: dict[str, str]) -> Column:
    meta = entry.get("config", {}).get("meta", {})
    return Column(
        name=entry["name"],
        data_type=entry["data_type"],
        required=meta.get("required", False),
        pii=meta.get("pii", False),
        description=_resolved(entry["description"], docs),
    )


def _doc_blocks(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    blocks = re.findall(
        r"{% docs (\w+) %}(.*?){% enddocs %}", path.read_text("utf-8"), re.DOTALL
    )
    return {name: " ".join(text.split()) for name, text in blocks}


def _resolved(description: str, docs: dict[str, str]) -> str:
    def text(reference: re.Match[str]) -> str:
        if reference[1] not in docs:
            raise ContractError(f"The contract has no doc block {reference[1]}.")
        return docs[reference[1]]

    return re.sub(r"{{ doc\('(\w+)'\) }}", text, description)


# Which files a table has


def _files(entry: Path) -> list[Path]:
    if entry.is_file():
        return [entry]
    return sorted(
        path
        for path in entry.rglob("*")
        if path.is_file()
        and not any(
            part.startswith((".", "_")) for part in path.relative_to(entry).parts
        )
    )


def _suffix(path: Path) -> str | None:
    name = path.name.lower()
    return next((suffix for suffix in SUFFIXES if name.endswith(suffix)), None)


def _format(paths: list[Path], table: Table) -> str:
    first_of: dict[str, Path] = {}
    for path in paths:
        suffix = _suffix(path)
        if suffix is None:
            raise ContractError(
                f"Table {table.name}: the file {path.as_posix()} is neither Parquet "
                "nor CSV: export it as one of them, or move it out of the folder."
            )
        first_of.setdefault(SUFFIXES[suffix], path)
    if len(first_of) > 1:
        names = " and ".join(path.as_posix() for path in first_of.values())
        raise ContractError(
            f"Table {table.name} mixes Parquet and CSV: keep one format of {names}."
        )
    return next(iter(first_of))


# What is in them


def _stamps(paths: Iterable[Path]) -> tuple[tuple[int, int], ...]:
    return tuple(
        (stat.st_size, stat.st_mtime_ns) for stat in (path.stat() for path in paths)
    )


# A build asks several times, and every field of a CSV file is read for an answer.
@lru_cache(maxsize=256)
def _look_into(
    raw_path: str,
    table: Table,
    paths: tuple[Path, ...],
    stamps: tuple[tuple[int, int], ...],
) -> RawTable:
    """Open files; `stamps` tell one state of them from another."""
    raw = RawTable(table.name, files=[path.as_posix() for path in paths])
    if paths:
        try:
            _read(raw, raw_path, list(paths), table)
        except ContractError as error:
            raw.errors.extend(error.args)
    return raw


def _read(raw: RawTable, raw_path: str, paths: list[Path], table: Table) -> None:
    raw.format = _format(paths, table)
    files = _opened(raw, raw_path, paths, table)
    if raw.errors:
        return
    if conflicts := _conflicting_kinds(files, table):
        raise ContractError(*conflicts)
    raw.errors.extend(_absent_columns(files, table))
    reader = _reader(files)
    with connect() as connection:
        try:
            described = connection.execute(f"describe from {reader}").fetchall()
        except duckdb.Error as error:
            raise ContractError(_unreadable(table, files[0], error)) from error
    _match(raw, [(row[0], row[1]) for row in described], table)
    raw.n_rows = (
        sum(file.n_rows for file in files)
        if raw.format == "parquet"
        else _count_csv(files, table)
    )
    raw.reader = reader


def _opened(
    raw: RawTable, raw_path: str, paths: list[Path], table: Table
) -> list[_File]:
    """Open each file as far as its columns, and note what is wrong with it."""
    folder_columns = _folder_columns(paths, Path(raw_path))
    files = []
    for path in paths:
        name = f"Table {table.name}: the file {path.as_posix()}"
        try:
            open_file = _open_parquet if raw.format == "parquet" else _open_csv
            file = open_file(path, folder_columns)
        except UnicodeDecodeError:
            raw.errors.append(f"{name} is not UTF-8: save it as UTF-8.")
            continue
        except UNREADABLE as error:
            raw.errors.append(
                f"{name} cannot be read as {raw.format} ({_first_line(error)}): "
                "export it again."
            )
            continue
        if not any(file.columns):
            raw.errors.append(
                f"{name} has no header: write the names of its columns into its "
                "first line, or remove it."
            )
        raw.errors.extend(
            f"{name} has two columns {column}: rename one of them."
            for column in _repeated(file.columns, table)
        )
        if SOURCE_FILE in map(str.lower, file.columns):
            raw.errors.append(
                f"{name} has a column {SOURCE_FILE}, a name that the build needs: "
                "rename it."
            )
        files.append(file)
    return files


def _open_parquet(path: Path, folder_columns: tuple[str, ...]) -> _File:
    with pq.ParquetFile(path) as file:
        return _File(
            path,
            columns=tuple(name.strip() for name in file.schema_arrow.names),
            folder_columns=folder_columns,
            kinds=tuple(map(_kind, file.schema_arrow.types)),
            n_rows=file.metadata.num_rows,
        )


def _open_csv(path: Path, folder_columns: tuple[str, ...]) -> _File:
    open_text = gzip.open if path.name.lower().endswith(".gz") else open
    with open_text(path, "rt", encoding="utf-8-sig", newline="") as file:
        beginning = file.read(HEADER_CHARACTERS)
    headers = {
        delimiter: next(csv.reader(io.StringIO(beginning), delimiter=delimiter), [])
        for delimiter in DELIMITERS
    }
    delimiter = max(headers, key=lambda delimiter: len(headers[delimiter]))
    return _File(
        path,
        columns=tuple(name.strip() for name in headers[delimiter]),
        folder_columns=folder_columns,
        delimiter=delimiter,
    )


def _kind(data_type: pa.DataType) -> str:
    if pa.types.is_dictionary(data_type):
        return _kind(data_type.value_type)
    if pa.types.is_null(data_type):
        return "nothing"
    if pa.types.is_string(data_type) or pa.types.is_large_string(data_type):
        return "text"
    if pa.types.is_timestamp(data_type):
        return "time with an offset" if data_type.tz else "time"
    if pa.types.is_date(data_type):
        return "time"
    if pa.types.is_primitive(data_type) or pa.types.is_decimal(data_type):
        return "number"
    return str(data_type)


def _folder_columns(paths: list[Path], raw_path: Path) -> tuple[str, ...]:
    """Return the columns that folders named column=value give to every file."""
    inner_folders = (path.relative_to(raw_path).parts[1:-1] for path in paths)
    names = {
        tuple(part.split("=")[0] for part in parts if "=" in part)
        for parts in inner_folders
    }
    return names.pop() if len(names) == 1 else ()


def _repeated(columns: Iterable[str], table: Table) -> list[str]:
    lowered = [name.lower() for name in columns]
    return [column.name for column in table.columns if lowered.count(column.name) > 1]


def _conflicting_kinds(files: list[_File], table: Table) -> list[str]:
    """Name columns whose kinds DuckDB cannot unite, or only by guessing an offset.

    It reads plain values as text where one file has text.
    """
    errors = []
    for column in table.columns:
        first_of: dict[str, Path] = {}
        for file in files:
            for name, kind in zip(file.columns, file.kinds, strict=False):
                if name.lower() == column.name and kind != "nothing":
                    first_of.setdefault(kind, file.path)
        as_text = "text" in first_of and PLAIN_KINDS.issuperset(first_of)
        if len(first_of) > 1 and not as_text:
            kinds = " but ".join(
                f"{kind} in {path.as_posix()}" for kind, path in first_of.items()
            )
            errors.append(
                f"Table {table.name}: the column {column.name} is {kinds}: write all "
                "its files with one type."
            )
    return errors


def _absent_columns(files: list[_File], table: Table) -> list[str]:
    errors = []
    for column in table.columns:
        lacking = [
            file.path.as_posix()
            for file in files
            if column.name not in map(str.lower, file.columns + file.folder_columns)
        ]
        if column.required and lacking:
            more = f" (and from {len(lacking) - 1} more)" if lacking[1:] else ""
            errors.append(
                f"Table {table.name}: the required column {column.name} is absent "
                f"from {lacking[0]}{more}: add it."
            )
    return errors


def _match(raw: RawTable, described: list[tuple[str, str]], table: Table) -> None:
    """Match the reader's columns with the contract's."""
    found: dict[str, list[tuple[str, str]]] = {}
    for raw_name, raw_type in described:
        found.setdefault(raw_name.strip().lower(), []).append((raw_name, raw_type))
    for column in table.columns:
        spellings = found.pop(column.name, [])
        if len(spellings) > 1:
            names = " and ".join(quote_name(raw_name) for raw_name, _ in spellings)
            raise ContractError(
                f"Table {table.name}: its files spell the column {column.name} in "
                f"two ways, {names}: settle on one."
            )
        if spellings:
            raw_name, raw_type = spellings[0]
            raw.columns.append(
                {"name": column.name, "raw_name": raw_name, "raw_type": raw_type}
            )
        elif not column.required:
            raw.missing_optional.append(column.name)
    found.pop(SOURCE_FILE)
    raw.extra_columns = [name for names in found.values() for name, _ in names]


def _count_csv(files: list[_File], table: Table) -> int:
    """Count the rows of CSV files, reading every field: proof that they parse."""
    try:
        return _count(files)
    except duckdb.Error as error:
        failure = _unreadable(table, files[0], error)
    failures = []
    for file in files:
        try:
            _count([file])
        except duckdb.Error as error:
            failures.append(_unreadable(table, file, error))
    raise ContractError(*failures or [failure])


def _count(files: list[_File]) -> int:
    changed = tuple(
        (status.st_size, status.st_mtime_ns)
        for status in (file.path.stat() for file in files)
    )
    return _count_rows(_reader(files), changed)


@lru_cache(maxsize=256)
def _count_rows(reader: str, changed: tuple[tuple[int, int], ...]) -> int:
    """Count the rows; one build asks several times, so a large CSV is read once."""
    with connect() as connection:
        # count(*) alone would skip the fields, and bad text in them.
        query = f"select count(*), count(columns(*)) from {reader}"
        return int(connection.execute(query).fetchall()[0][0])


# How DuckDB reads them


def _reader(files: list[_File]) -> str:
    if files[0].delimiter is None:
        return f"read_parquet({_paths(files)}, union_by_name = true, {_options(files)})"
    alike = sorted(files, key=lambda file: (str(file.delimiter), file.columns))
    readers = [
        _csv_reader(list(group))
        for _, group in groupby(alike, lambda file: (file.delimiter, file.columns))
    ]
    if len(readers) == 1:
        return readers[0]
    return "(" + " union all by name ".join(f"from {one}" for one in readers) + ")"


def _csv_reader(files: list[_File]) -> str:
    """Read files of one header, all as text, with nothing left to be guessed.

    DuckDB's own detection of the dialect looks at a sample: it can take a first
    line for data, `#` for a comment, or an apostrophe for a quote.
    """
    columns = ", ".join(
        f"{_literal(name)}: 'varchar'" for name in _distinct(files[0].columns)
    )
    return (
        f"read_csv({_paths(files)}, auto_detect = false, header = true, "
        f"delim = {_literal(str(files[0].delimiter))}, quote = '\"', escape = '\"', "
        f"columns = {{{columns}}}, {_options(files)})"
    )


def _options(files: list[_File]) -> str:
    partitioned = str(bool(files[0].folder_columns)).lower()
    return (
        f"hive_partitioning = {partitioned}, hive_types_autocast = false, "
        f"filename = '{SOURCE_FILE}'"
    )


def _distinct(names: Iterable[str]) -> list[str]:
    """Give columns outside the contract names, where they have none or share one."""
    seen: set[str] = set()
    distinct = []
    for position, name in enumerate(names, start=1):
        if not name or name.lower() in seen:
            name = f"{name}#{position}"
        seen.add(name.lower())
        distinct.append(name)
    return distinct


def _paths(files: list[_File]) -> str:
    # In brackets a character of a pattern stands for itself.
    patterns = (re.sub(r"([*?[])", r"[\1]", file.path.as_posix()) for file in files)
    return "[" + ", ".join(_literal(pattern) for pattern in patterns) + "]"


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


# What went wrong


def _unreadable(table: Table, file: _File, error: duckdb.Error) -> str:
    remedies = (
        remedy for reason, remedy in CSV_REMEDIES.items() if reason in str(error)
    )
    remedy = next(remedies, "export it again")
    return (
        f"Table {table.name}: the file {file.path.as_posix()} cannot be read "
        f"({_first_line(error)}): {remedy}."
    )


def _first_line(error: BaseException) -> str:
    lines = str(error).splitlines() or [type(error).__name__]
    return lines[0].removeprefix("Invalid Input Error: ").rstrip(".")[:200]
