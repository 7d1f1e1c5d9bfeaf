"""What a build promises to those who read the marts, and to those who run it."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest
from conftest import PROJECT, Build, build, dbt

ORDERS_ONLY = PROJECT / "tests" / "raw" / "orders_only"


@pytest.fixture(scope="module")
def newcomer(tmp_path_factory: pytest.TempPathFactory) -> Build:
    """Nothing but an orders.csv of three rows."""
    return build(ORDERS_ONLY, tmp_path_factory.mktemp("newcomer"))


def _dbt_process(raw: Path, out: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [str(Path(sys.executable).parent / "dbt"), "--quiet", "build",
         "--target-path", str(out / "target"), "--log-path", str(out / "logs"),
         *arguments],
        cwd=PROJECT,
        env=os.environ | {"JOURNEY_RAW": str(raw), "JOURNEY_OUT": str(out)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )  # fmt: skip


def test_three_orders_are_enough(newcomer: Build):
    assert newcomer.result.success, newcomer.failed
    rows = newcomer.marts(
        "select d.customer_id, c.n_orders, purchase_model, spend_model, "
        "c.clv_amount > 0 from clv_customers as c "
        "inner join dim_customers as d using (customer_key) order by d.customer_id"
    )
    # Two customers are too few to fit, and the marts say what they did instead.
    stated = ("shrunk_rate", "shrunk_mean", True)
    assert rows == [("ann", 2, *stated), ("bob", 1, *stated)]
    messages = newcomer.marts(
        "select distinct status, message from btyd_parameters where model = 'bg_nbd'"
    )
    assert messages[0][0] == "too_little_data"
    assert "100 are needed" in messages[0][1]
    assert "2 customers valued by shrunk_rate and shrunk_mean" in newcomer.printed


def test_marts_and_nothing_else_are_published_with_their_comments(newcomer: Build):
    published = newcomer.marts(
        "select schema_name, table_name, comment is not null from duckdb_tables()"
    )
    working = newcomer.work(
        "select table_name from duckdb_tables() where schema_name = 'marts'"
    )
    assert sorted((name,) for _, name, _ in published) == sorted(working)
    assert {(schema, has_comment) for schema, _, has_comment in published} == {
        ("main", True)
    }
    assert newcomer.marts(
        "select count(*) from duckdb_columns() where comment is null and not internal"
    ) == [(0,)]


def test_older_clients_can_open_the_published_file(newcomer: Build):
    # DuckDB 1.4's storage version, which its own `duckdb_databases` tag names.
    with duckdb.connect() as connection:
        connection.execute(f"attach '{newcomer.out}/marts.duckdb' as m (read_only)")
        tags = connection.sql(
            "select tags from duckdb_databases() where database_name = 'm'"
        ).fetchall()
    assert "v1.4" in str(tags[0][0]), tags


def test_a_failed_test_leaves_the_published_marts(newcomer: Build, tmp_path):
    out = tmp_path / "out"
    shutil.copytree(newcomer.out, out, ignore=shutil.ignore_patterns("target", "logs"))
    before = (out / "marts.duckdb").read_bytes()
    raw = tmp_path / "raw"
    raw.mkdir()
    # An e-mail address where none belongs would carry personal data into the marts.
    (raw / "orders.csv").write_text(
        "order_id,customer_id,ordered_at,amount,coupon_code\n"
        "1,ann,2024-01-05,30,for ann@shop.example\n"
    )
    failed = build(raw, out)
    assert not failed.result.success
    assert any(name.startswith("carries_no_pii") for name in failed.failed)
    assert "NOT PUBLISHED" in failed.printed
    assert (out / "marts.duckdb").read_bytes() == before
    assert not (out / "marts.duckdb.new").exists()


@pytest.mark.parametrize(
    "selection",
    [("--select", "rfm_segment_grid"), ("--exclude-resource-type", "test")],
)
def test_a_partial_run_publishes_nothing(newcomer: Build, selection):
    before = (newcomer.out / "marts.duckdb").stat().st_ino
    partial = dbt("build", *selection, raw=ORDERS_ONLY, out=newcomer.out)
    assert partial.result.success
    assert "Not published" in partial.printed
    assert (newcomer.out / "marts.duckdb").stat().st_ino == before


def test_a_reader_keeps_the_file_that_it_opened(newcomer: Build, tmp_path):
    out = tmp_path / "out"
    shutil.copytree(newcomer.out, out, ignore=shutil.ignore_patterns("target", "logs"))
    reader = (out / "marts.duckdb").open("rb")
    before = reader.read()
    with duckdb.connect(out / "marts.duckdb", read_only=True) as open_connection:
        process = _dbt_process(ORDERS_ONLY, out)
        printed, _ = process.communicate(timeout=1800)
        assert process.returncode == 0, printed
        assert open_connection.sql("select count(*) from fct_orders").fetchall() == [
            (3,)
        ]
    reader.seek(0)
    assert reader.read() == before
    assert (out / "marts.duckdb").stat().st_ino != os.fstat(reader.fileno()).st_ino
    reader.close()


@pytest.mark.parametrize("seconds", [7, 12])
def test_a_killed_build_is_repaired_by_the_next(newcomer: Build, tmp_path, seconds):
    out = tmp_path / "out"
    process = _dbt_process(ORDERS_ONLY, out)
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    process.wait()
    again = build(ORDERS_ONLY, out)
    assert again.result.success
    assert again.fingerprints() == newcomer.fingerprints()


@pytest.mark.parametrize(
    ("header", "sentence"),
    [
        ("order_id,customer_id,ordered_at", "amount"),
        ("", "orders.csv"),
    ],
)
def test_a_broken_contract_stops_the_build_at_once(tmp_path, header, sentence):
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw" / "orders.csv").write_text(f"{header}\n" if header else "")
    process = _dbt_process(tmp_path / "raw", tmp_path / "out")
    printed, _ = process.communicate(timeout=1800)
    assert process.returncode != 0
    assert sentence in printed
    assert "orders.csv" in printed
    assert "Traceback" not in printed
    # At once: no model ran.
    with duckdb.connect(tmp_path / "out" / "journey.duckdb") as connection:
        assert connection.sql("select count(*) from duckdb_tables()").fetchall() == [
            (0,)
        ]


def test_a_raw_folder_that_is_not_there_is_named(tmp_path):
    missing = build(tmp_path / "nowhere", tmp_path / "out")
    assert not missing.result.success
    assert "nowhere" in str(missing.result.exception)


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        ({"gross_margin_rate": 40}, "gross_margin_rate"),
        ({"service_costs": {"ticket_opened": -1}}, "service_costs"),
        ({"service_costs": {"ad_clicked": 1}}, "service_costs"),
        ({"service_costs": 5}, "service_costs"),
        ({"discount_rate": -0.1}, "discount_rate"),
        ({"clv_horizon_days": 30}, "clv_horizon_days"),
        ({"purchase_window_days": 0}, "purchase_window_days"),
        ({"clv_model": "magic"}, "clv_model"),
        ({"season_waves": 1.5}, "season_waves"),
        ({"clv_horizons": [365, 0]}, "clv_horizons"),
        ({"as_of": "last Tuesday"}, "as_of"),
        ({"as_of": "2024-02-31"}, "as_of"),
        ({"as_of": "2999-01-01"}, "as_of"),
        ({"reporting_currency": "usd"}, "reporting_currency"),
        ({"reporting_timezone": "Berlin"}, "reporting_timezone"),
    ],
)
def test_a_senseless_setting_stops_the_build(tmp_path, settings, word):
    refused = build(ORDERS_ONLY, tmp_path, **settings)
    assert not refused.result.success
    assert f"Var {word} is" in str(refused.result.exception)


def test_a_day_without_quotes_is_a_day(tmp_path):
    # YAML makes a date of it, which JSON does not know.
    process = _dbt_process(
        ORDERS_ONLY, tmp_path / "out",
        "--select", "int_as_of", "--vars", "{as_of: 2999-01-01}",
    )  # fmt: skip
    printed, _ = process.communicate(timeout=1800)
    assert "Var as_of is 2999-01-01" in printed
    process = _dbt_process(
        ORDERS_ONLY, tmp_path / "out",
        "--select", "+int_as_of", "--exclude-resource-type", "unit_test",
        "--exclude-resource-type", "test", "--vars", "{as_of: 2024-03-01}",
    )  # fmt: skip
    printed, _ = process.communicate(timeout=1800)
    assert process.returncode == 0, printed
    with duckdb.connect(tmp_path / "out" / "journey.duckdb") as connection:
        assert connection.sql(
            "select as_of_date::varchar from intermediate.int_as_of"
        ).fetchall() == [("2024-03-01",)]


def test_no_orders_at_all_builds(tmp_path):
    raw = tmp_path / "raw"
    raw.mkdir()
    (raw / "orders.csv").write_text("order_id,customer_id,ordered_at,amount\n")
    empty = build(raw, tmp_path / "out")
    assert empty.result.success, empty.failed
    assert empty.marts("select count(*) from clv_customers") == [(0,)]
    assert empty.marts("select sum(n_customers) from rfm_segments") == [(0,)]


def test_raw_tables_of_a_schema_give_the_same_marts(newcomer: Build, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    with duckdb.connect(out / "journey.duckdb") as connection:
        connection.execute("create schema landing")
        connection.execute(
            f"create table landing.orders as from read_csv('{ORDERS_ONLY}/orders.csv')"
        )
    from_schema = build(tmp_path / "no files", out, raw_schema="landing")
    assert from_schema.result.success, from_schema.failed
    assert from_schema.fingerprints() == newcomer.fingerprints()
