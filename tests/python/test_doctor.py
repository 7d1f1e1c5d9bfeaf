"""`journey doctor` and `journey import`, as a user sees them."""

import re
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from click.testing import Result
from typer.testing import CliRunner

from journey_clv import importers
from journey_clv.cli import app, find_project
from journey_clv.contract import inspect, load_contract
from journey_clv.doctor import blank_counts, diagnose

PROJECT = Path(__file__).parents[2]
ORDERS = "order_id,customer_id,ordered_at,amount\n"


def journey(*arguments: str | Path, env: dict[str, str] | None = None) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments], env=env)


def doctor(folder: Path) -> Result:
    return journey("doctor", folder, "--project-dir", PROJECT)


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def entry(output: str, table: str) -> str:
    """Return what the output says of a table, on one line."""
    found = re.search(rf"^{table} .*(\n {{20}}.*)*", output, re.MULTILINE)
    assert found, table
    return " ".join(found[0].split())


# What it finds


def test_a_folder_that_is_ready(tmp_path: Path) -> None:
    write(tmp_path / "orders.csv", ORDERS + "1,a,2024-05-01,9\n2,b,2024-05-02,8\n")
    write(tmp_path / "products/a.csv", "product_id,name,category,unit_cost\n")
    write(tmp_path / "products/b.csv", "product_id,colour\n7,red\n")
    result = doctor(tmp_path)
    assert result.exit_code == 0
    assert entry(result.stdout, "orders") == (
        "orders 2 orders.csv without currency, discount_amount, tax_amount, "
        "shipping_amount, status, sales_channel, coupon_code, anonymous_id, "
        "received_at"
    )
    assert entry(result.stdout, "products") == (
        "products 1 products/, 2 csv files ignored: colour"
    )
    assert entry(result.stdout, "ad_spend") == (
        "ad_spend absent would add to campaign_performance (planned)"
    )
    assert entry(result.stdout, "erasure_requests") == "erasure_requests absent"
    last_line = result.stdout.splitlines()[-1]
    assert last_line == "Ready to build: 2 of 23 tables, 3 rows."
    assert "Errors" not in result.stdout
    assert "Ignored, for" not in result.stdout


def test_it_lists_every_table_of_the_contract(tmp_path: Path) -> None:
    write(tmp_path / "orders.csv", ORDERS)
    output = doctor(tmp_path).stdout
    for table in load_contract(PROJECT):
        assert entry(output, table)


def test_a_folder_that_is_not_ready(tmp_path: Path) -> None:
    write(tmp_path / "orders.csv", "order_id,customer_id,ordered_at\n1,2,3\n")
    write(tmp_path / "refunds.parquet", "not parquet")
    result = doctor(tmp_path)
    assert result.exit_code == 1
    assert entry(result.stdout, "orders").startswith("orders error orders.csv")
    assert entry(result.stdout, "refunds") == "refunds error refunds.parquet"
    errors = result.stdout.split("Errors:\n")[1]
    assert errors.replace(tmp_path.as_posix(), "RAW").splitlines() == [
        "  Table orders: the required column amount is absent from RAW/orders.csv: "
        "add it.",
        "  Table refunds: the file RAW/refunds.parquet cannot be read as parquet "
        "(Parquet magic bytes not found in footer. Either the file is corrupted or "
        "this is not a parquet file): export it again.",
        "",
        "Not ready: mend the 2 errors above.",
    ]


def test_no_orders(tmp_path: Path) -> None:
    result = doctor(tmp_path)
    assert result.exit_code == 1
    assert "Table orders is required, but " in result.stdout
    assert result.stdout.endswith("Not ready: mend the error above.\n")


def test_two_sources_of_a_table(tmp_path: Path) -> None:
    write(tmp_path / "orders.csv", ORDERS)
    write(tmp_path / "orders/a.csv", ORDERS)
    result = doctor(tmp_path)
    assert result.exit_code == 1
    assert "Table orders is there twice: keep one of " in result.stdout


def test_what_belongs_to_no_table_is_listed(tmp_path: Path) -> None:
    write(tmp_path / "orders.csv", ORDERS)
    for name in ("order.csv", "refunds.xlsx", "extra/a.csv", ".hidden", "_SUCCESS"):
        write(tmp_path / name, "x")
    listed = doctor(tmp_path).stdout.split("no table has such a name or format:\n")[1]
    assert listed.startswith("  extra\n  order.csv\n  refunds.xlsx\n\nReady")


def test_blanks_of_required_columns_are_counted(tmp_path: Path) -> None:
    write(
        tmp_path / "orders.csv",
        "Order_Id,customer_id,ordered_at,amount,status\n"
        '1,,2024-05-01,9,\n2,"  ",2024-05-01,9,\n3,c,,9,\n4,d,2024-05-01,9,\n',
    )
    table = load_contract(PROJECT)["orders"]
    raw = inspect(str(tmp_path), table)
    assert blank_counts(raw, table) == {"customer_id": 2, "ordered_at": 1}
    result = doctor(tmp_path)
    assert result.exit_code == 0
    assert entry(result.stdout, "orders").endswith(
        "blank customer_id: 2, to quarantine blank ordered_at: 1, to quarantine"
    )


def test_blanks_of_typed_columns_are_counted(tmp_path: Path) -> None:
    duckdb.sql(
        "select * from (values (1, timestamp '2024-05-01', 1.5), (2, null, null)) "
        'as r ("EVENT_ID", occurred_at, points)'
    ).write_parquet(str(tmp_path / "loyalty_events.parquet"))
    table = load_contract(PROJECT)["loyalty_events"]
    raw = inspect(str(tmp_path), table)
    assert blank_counts(raw, table) == {"occurred_at": 1}


def test_data_that_breaks_off_inside_is_an_error(tmp_path: Path) -> None:
    write(tmp_path / "orders.csv", ORDERS)
    path = tmp_path / "exchange_rates.parquet"
    duckdb.sql(
        "select date '2024-05-01' as rate_date, md5(i::varchar) as currency, i as rate "
        "from range(1000) as r (i)"
    ).write_parquet(str(path))
    damaged = bytearray(path.read_bytes())
    damaged[4:2000] = b"\xff" * 1996  # the pages, not the footer
    path.write_bytes(damaged)
    diagnosis = diagnose(str(tmp_path), load_contract(PROJECT))
    (sentence,) = diagnosis.errors
    assert sentence.startswith("Table exchange_rates cannot be read (")


# How it looks


@pytest.mark.parametrize("name", ["orders", "[red]caf\u00e9 [/] it's"])
def test_what_is_piped_is_plain_and_80_wide(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    write(folder / "orders.csv", ORDERS.strip() + ",[bold]note\n")
    write(folder / "web_events.csv", "event_id,occurred_at,anonymous_id,event_name\n")
    write(folder / "[green]stray.csv", "")
    command = [Path(sys.executable).with_name("journey"), "doctor", folder]
    piped = subprocess.run(
        [*command, "--project-dir", PROJECT],
        capture_output=True,
        check=True,
        encoding="utf-8",
        env={"PYTHONUTF8": "1"},
    )
    assert piped.stderr == ""
    assert "\x1b" not in piped.stdout
    assert all(len(line) <= 80 for line in piped.stdout.splitlines())
    assert entry(piped.stdout, "orders").endswith("ignored: [bold]note")
    assert "  [green]stray.csv\n" in piped.stdout
    # No name is broken in two.
    words = set(re.findall(r"\w+", piped.stdout))
    for table in load_contract(PROJECT).values():
        assert table.name in words
    assert "viewport_height" in words


def test_an_error_is_one_line_however_long(tmp_path: Path) -> None:
    folder = tmp_path / ("long " * 30).strip()
    write(folder / "orders.csv", "")
    assert (
        f"  Table orders: the file {folder.as_posix()}/orders.csv has no header: write "
        "the names of its columns into its first line, or remove it.\n"
    ) in doctor(folder).stdout


# Where it looks


def test_the_folder_comes_from_the_environment(tmp_path: Path) -> None:
    write(tmp_path / "orders.csv", ORDERS)
    result = journey(
        "doctor", "--project-dir", PROJECT, env={"JOURNEY_RAW": str(tmp_path)}
    )
    assert result.exit_code == 0


def test_the_folder_is_data_raw_by_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("JOURNEY_RAW", raising=False)
    monkeypatch.chdir(tmp_path)
    result = journey("doctor")
    assert result.exit_code == 1
    assert result.stderr == (
        "Raw folder data/raw does not exist: "
        "set JOURNEY_RAW to the folder that holds your files.\n"
    )
    write(tmp_path / "data/raw/orders.csv", ORDERS)
    assert journey("doctor").exit_code == 0


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    path = write(tmp_path / "orders.csv", ORDERS)
    result = doctor(path)
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.startswith(f"Raw folder {path} is not a folder: ")


def test_a_project_without_a_contract(tmp_path: Path) -> None:
    result = journey("doctor", tmp_path, "--project-dir", tmp_path)
    assert result.exit_code == 1
    assert result.stderr == (
        f"There is no raw contract in {tmp_path / 'models' / 'staging'}.\n"
    )


def test_the_project_is_the_nearest_upwards_else_the_installed_one(
    tmp_path: Path,
) -> None:
    inner = tmp_path / "models/staging"
    inner.mkdir(parents=True)
    assert find_project(inner) == PROJECT
    write(tmp_path / "dbt_project.yml", "")
    assert find_project(inner) == tmp_path


# The samples


def write_orders(folder: Path) -> None:
    """Stand in for a sample: like a real one, it spares files of the user's."""
    if folder.exists() and not (folder / "sample").exists():
        raise FileExistsError(f"{folder} holds files that no import wrote")
    write(folder / "orders.csv", ORDERS)
    write(folder / "sample", "")


@pytest.fixture
def one_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importers, "SAMPLES", {"tiny": write_orders})


@pytest.mark.usefixtures("one_sample")
def test_a_sample_is_written_and_written_again(tmp_path: Path) -> None:
    out = tmp_path / "a folder"
    for _ in range(2):
        result = journey("import", "tiny", "--out", out)
        assert result.exit_code == 0
        assert result.stdout == f"Wrote tiny to {out}; next: journey doctor {out}\n"
    assert doctor(out).exit_code == 0


@pytest.mark.usefixtures("one_sample")
def test_an_unknown_sample(tmp_path: Path) -> None:
    result = journey("import", "huge", "--out", tmp_path)
    assert result.exit_code == 2
    assert result.stderr == "No sample is called huge; there are: tiny.\n"


@pytest.mark.usefixtures("one_sample")
def test_files_of_the_user_are_spared_or_moved_aside(tmp_path: Path) -> None:
    out = tmp_path / "raw"
    mine = write(out / "mine.csv", "precious")
    result = journey("import", "tiny", "--out", out)
    assert result.exit_code == 1
    assert result.stderr == (
        f"{out} holds files that no import wrote; --force moves it aside.\n"
    )
    assert mine.read_text() == "precious"

    assert journey("import", "tiny", "--out", out, "--force").exit_code == 0
    assert (out / "orders.csv").is_file()
    assert (tmp_path / "raw.old/mine.csv").read_text() == "precious"

    (out / "sample").unlink()
    result = journey("import", "tiny", "--out", out, "--force")
    assert result.exit_code == 1
    assert result.stderr == (
        f"The sample tiny could not be written to {out}: "
        f"{out}.old is there already: remove it first.\n"
    )


def test_a_sample_that_fails_says_why_in_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(folder: Path) -> None:
        raise ImportError("it needs the package tinydata")

    monkeypatch.setattr(importers, "SAMPLES", {"tiny": fail})
    result = journey("import", "tiny", "--out", tmp_path)
    assert result.exit_code == 1
    assert result.stderr == (
        f"The sample tiny could not be written to {tmp_path}: "
        "it needs the package tinydata.\n"
    )


# Help


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--help"], ["doctor", "import", "--version"]),
        (["doctor", "--help"], ["JOURNEY_RAW", "data/raw", "--project-dir"]),
        (["import", "--help"], ["--out", "--force", "required"]),
    ],
)
def test_help(arguments: list[str], words: list[str]) -> None:
    result = journey(*arguments, env={"COLUMNS": "80", "NO_COLOR": "1"})
    assert result.exit_code == 0
    for word in words:
        assert word in result.stdout


def test_version() -> None:
    result = journey("--version")
    assert result.exit_code == 0
    assert re.fullmatch(r"journey \d+\.\d+\.\d+\n", result.stdout)


@pytest.mark.parametrize("arguments", [["doctor", "--bad"], ["import"], ["fly"]])
def test_a_wrong_call(arguments: list[str]) -> None:
    result = journey(*arguments)
    assert result.exit_code == 2
    assert "Traceback" not in result.stderr
