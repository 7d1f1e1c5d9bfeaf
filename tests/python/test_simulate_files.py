"""What is written: raw tables that pass the contract, and a truth that agrees."""

import dataclasses
import hashlib
from pathlib import Path
from typing import Any

import duckdb
import pytest

from journey_clv.contract import inspect, load_contract
from journey_clv.simulate.dirt import FLAWS
from journey_clv.simulate.exports import EVENT_NAMES
from journey_clv.simulate.plan import Plan
from journey_clv.simulate.run import (
    EVENT_TABLES,
    SimulationError,
    append,
    read_manifest,
    simulate,
)
from journey_clv.simulate.scenario import load_scenario, presets

PROJECT = Path(__file__).parents[2]
HORIZONS = (7, 60)


def plan(customers: int, months: int, seed: int = 1, **dirt: float) -> Plan:
    scenario = load_scenario("shop")
    scenario = dataclasses.replace(
        scenario,
        dirt=dataclasses.replace(scenario.dirt, **dirt),
        truth=dataclasses.replace(scenario.truth, horizons_days=list(HORIZONS)),
        stages=dataclasses.replace(scenario.stages, lapse_days=40.0),
    )
    return Plan(scenario, customers, months, seed)


DIRT = {
    "duplicates": 0.03,
    "late_rows": 0.05,
    "malformed": 0.03,
    "clock_skew": 0.1,
    "bots": 0.1,
    "test_orders": 0.05,
    "employees": 0.05,
    "shared_devices": 0.1,
    "kiosk_visits": 0.03,
    "second_contact": 0.4,
    "consent_withdrawn_rate": 0.002,
    "erasure_rate": 0.0005,
    "missing_device": 0.2,
}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("world") / "base"
    simulate(plan(2500, 8, **DIRT), out, workers=1)
    return out


@pytest.fixture(scope="module")
def db(world: Path) -> duckdb.DuckDBPyConnection:
    """Every raw table as raw.<table> and every true one as truth.<table>."""
    connection = duckdb.connect()
    connection.execute("set timezone = 'UTC'")
    for part in ("raw", "truth"):
        connection.execute(f"create schema {part}")
        for folder in (world / part).iterdir():
            if folder.is_dir():
                connection.execute(
                    f"create view {part}.{folder.name} as "
                    f"select * from read_parquet('{folder}/*.parquet', "
                    "union_by_name = true, filename = true, file_row_number = true)"
                )
    return connection


def answer(db: duckdb.DuckDBPyConnection, query: str) -> Any:
    return db.execute(query).fetchall()


def one(db: duckdb.DuckDBPyConnection, query: str) -> Any:
    ((value,),) = answer(db, query)
    return value


def fingerprints(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


# Determinism and continuation


def test_the_same_plan_gives_the_same_bytes_on_any_number_of_processes(tmp_path: Path):
    two_chunks = plan(5200, 1)
    assert two_chunks.n_chunks == 2
    counts = [
        simulate(two_chunks, tmp_path / name, workers=workers)
        for name, workers in (("one", 1), ("two", 2))
    ]
    first, second = fingerprints(tmp_path / "one"), fingerprints(tmp_path / "two")
    assert counts[0] == counts[1] > 10_000
    assert first == second
    assert any(name.endswith("part-00001.parquet") for name in first)
    simulate(plan(5200, 1, seed=2), tmp_path / "other", workers=2)
    orders = "raw/orders/until-2022-02-01-part-00000.parquet"
    assert fingerprints(tmp_path / "other")[orders] not in first.values()


def test_a_world_in_steps_is_the_world_at_once(tmp_path: Path):
    steps, at_once = tmp_path / "steps", tmp_path / "once"
    small = plan(900, 3, **DIRT)
    simulate(small, steps, workers=1)
    append(steps, 10, workers=1)
    append(steps, 25, workers=1)
    days = small.base_days + 35
    simulate(small, at_once, workers=1, days=days)
    assert read_manifest(steps) == (small, days) == read_manifest(at_once)
    with duckdb.connect() as db:
        for part in ("raw", "truth"):
            names = {path.name for path in (steps / part).iterdir() if path.is_dir()}
            assert names == {p.name for p in (at_once / part).iterdir() if p.is_dir()}
            for name in sorted(names - {"contributions"}):
                tables = []
                for folder in (steps, at_once):
                    db.read_parquet(
                        f"{folder}/{part}/{name}/*.parquet", union_by_name=True
                    ).create_view("rows_", replace=True)
                    columns = [r[0] for r in db.execute("describe rows_").fetchall()]
                    kept = [
                        column
                        for column in columns
                        if column not in ("source_file", "row_number")
                    ]
                    query = f"select {', '.join(kept)} from rows_"
                    if "as_of" in columns:
                        query += " where as_of = (select max(as_of) from rows_)"
                    tables.append(db.execute(f"{query} order by all").fetchall())
                assert tables[0] == tables[1], (part, name)
                assert tables[0] or name == "erasure_requests", (part, name)
        # What a window adds up, the windows add up.
        sums = [
            db.execute(
                "select cause, sum(orders), round(sum(net_revenue), 2) from "
                f"'{folder}/truth/contributions/*.parquet' group by all order by all"
            ).fetchall()
            for folder in (steps, at_once)
        ]
        assert sums[0] == sums[1]
        late = db.execute(
            "select count(*) filter (received_at::timestamptz > "
            "occurred_at::timestamptz + interval 12 hours), count(*) from "
            f"'{steps}/raw/web_events/until-2022-04-11-*.parquet' "
            "where try_cast(occurred_at as timestamptz) between '2022-01-01' and "
            "'2022-04-01'"
        ).fetchone()
        assert late is not None
        assert late[0] > 10


def test_a_folder_in_the_way_is_left_alone_and_a_killed_run_leaves_no_world(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    mine = tmp_path / "full" / "raw" / "orders.csv"
    mine.parent.mkdir(parents=True)
    mine.write_text("mine")
    with pytest.raises(FileExistsError, match="raw is there already"):
        simulate(plan(20, 1), tmp_path / "full")
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [mine]

    def killed(*arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("journey_clv.simulate.run._write_shared", killed)
    with pytest.raises(KeyboardInterrupt):
        simulate(plan(20, 1), tmp_path / "new", workers=1)
    assert list((tmp_path / "new").iterdir()) == []
    with pytest.raises(SimulationError, match="holds no simulated world"):
        append(tmp_path / "new", 1)
    monkeypatch.undo()
    (tmp_path / "new" / ".partial").mkdir()  # left where nothing could be tidied up
    simulate(plan(20, 1), tmp_path / "new", workers=1)
    assert not (tmp_path / "new" / ".partial").exists()


def test_progress_is_told_and_rises_to_the_whole(tmp_path: Path):
    told: list[float] = []
    simulate(plan(30, 1), tmp_path / "new", workers=1, watch=told.append)
    assert told == sorted(told)
    assert told[0] == 0 < told[-1] <= 1


# The raw contract


def test_every_table_of_the_contract_is_there_and_passes(world: Path):
    contract = load_contract(PROJECT)
    assert {path.name for path in (world / "raw").iterdir()} == set(contract)
    for table in contract.values():
        raw = inspect(str(world / "raw"), table)
        assert raw.errors == []
        assert raw.n_rows > 0, table.name
        assert raw.extra_columns == []
        missing = {"comment"} if table.name == "survey_responses" else set()
        assert set(raw.missing_optional) == missing, table.name


@pytest.mark.parametrize("name", presets())
def test_every_preset_passes_the_contract(tmp_path: Path, name: str):
    scenario = load_scenario(name)
    truth = dataclasses.replace(scenario.truth, horizons_days=[1])
    scenario = dataclasses.replace(scenario, truth=truth)
    assert simulate(Plan(scenario, 300, 3, 1), tmp_path / "new", workers=1) > 1000
    for table in load_contract(PROJECT).values():
        raw = inspect(str(tmp_path / "new" / "raw"), table)
        assert raw.errors == []
    with duckdb.connect() as db:
        lost = f"select count(*) from '{tmp_path}/new/truth/malformed_rows/*.parquet'"
        assert (one(db, lost) == 0) == (name == "buy_till_you_die")


def test_interactions_are_the_rows_of_the_tables_of_events(tmp_path: Path):
    n = simulate(plan(200, 2), tmp_path / "new", workers=1)
    with duckdb.connect() as db:
        total = sum(
            one(db, f"select count(*) from '{tmp_path}/new/raw/{table}/*.parquet'")
            for table in EVENT_TABLES
        )
    assert n == total


def test_trackers_speak_their_own_words(db: duckdb.DuckDBPyConnection):
    found = {name for (name,) in answer(db, "select event_name from raw.web_events")}
    assert found - {None} == set(EVENT_NAMES)


def test_times_come_in_many_forms(db: duckdb.DuckDBPyConnection):
    offsets = answer(
        db,
        "select distinct regexp_extract(occurred_at, '[+-][0-9:]{5}$') from "
        "raw.web_events order by all",
    )
    assert {"+00:00", "+01:00", "+09:00", "-05:00"} <= {offset for (offset,) in offsets}
    types = {
        table: one(db, f"select typeof(any_value({column})) from raw.{table}")
        for table, column in (
            ("orders", "ordered_at"),
            ("messages", "occurred_at"),
            ("chat_conversations", "started_at"),
        )
    }
    assert types == {
        "orders": "VARCHAR",
        "messages": "BIGINT",
        "chat_conversations": "TIMESTAMP WITH TIME ZONE",
    }


def test_orders_add_up_to_their_lines(db: duckdb.DuckDBPyConnection):
    query = """
        with
        line_sums as (
            select
                order_id,
                sum(quantity * unit_price - discount_amount) as net
            from (select distinct * exclude (filename, file_row_number)
                  from raw.order_lines) as line
            where order_id like 'ord_%' and order_id not in (
                select row_id from truth.malformed_rows
                where table_name = 'order_lines'
            )
            group by order_id
        )
        select
            count(*),
            max(abs(try_cast(amount as double) - net - try_cast(tax_amount as double)
                - try_cast(shipping_amount as double)))
        from raw.orders inner join line_sums using (order_id)
        where try_cast(amount as double) >= 0 and try_cast(tax_amount as double) >= 0
    """
    ((n, difference),) = answer(db, query)
    assert n > 1000
    assert difference < 0.006


# Dirt


def close(found: int, n: int, rate: float) -> None:
    spread = (n * rate * (1 - rate)) ** 0.5
    assert n * rate > 8, "too few to tell"
    assert abs(found - n * rate) < 4 * spread, (found / n, rate, n)


def test_rows_are_malformed_at_their_rate_and_each_is_known(
    db: duckdb.DuckDBPyConnection,
):
    flaws = {
        table: {flaw.reason for flaw in flaws}
        for table, flaws in FLAWS.items()
        if flaws
    }
    rows = answer(
        db,
        "select table_name, reason, count(*) from truth.malformed_rows group by all",
    )
    for table in ("web_events", "messages", "ad_interactions", "orders"):
        mine = sum(n for name, reason, n in rows if name == table and reason != "bot")
        close(mine, one(db, f"select count(*) from raw.{table}"), DIRT["malformed"])
    for name, reason, _ in rows:
        assert reason in flaws[name] | {"bot", "unknown_order"}
    assert {reason for name, reason, _ in rows if name == "orders"} == flaws["orders"]


@pytest.mark.parametrize(
    ("table", "reason", "condition"),
    [
        ("orders", "negative_amount", "try_cast(amount as double) < 0"),
        ("orders", "unreadable_amount", "amount = '12,50'"),
        ("orders", "unknown_currency", "currency = 'XBT'"),
        ("orders", "future_time", "ordered_at like '2098%'"),
        ("orders", "missing_customer_id", "customer_id in ('', 'undefined')"),
        ("order_lines", "negative_quantity", "quantity < 0"),
        ("web_events", "missing_anonymous_id", "anonymous_id in ('', 'undefined')"),
        ("web_events", "time_before_1970", "occurred_at like '1900%'"),
        ("messages", "unreadable_occurred_at", "occurred_at = 0"),
        ("messages", "missing_occurred_at", "occurred_at is null"),
        ("ad_interactions", "negative_cost", "cost < 0"),
        ("loyalty_events", "missing_event_name", "event_name is null"),
        ("experiment_exposures", "missing_unit",
         "coalesce(customer_id, anonymous_id) is null"),
    ],
)  # fmt: skip
def test_what_the_truth_calls_malformed_is_so_and_nothing_else_is(
    db: duckdb.DuckDBPyConnection, table: str, reason: str, condition: str
):
    rows = f"""
        select file_row_number from raw.{table} where {condition}
        except all
        select row_number from truth.malformed_rows
        where table_name = '{table}' and reason = '{reason}'
    """
    assert answer(db, rows) == []
    told = one(
        db,
        "select count(*) from truth.malformed_rows "
        f"where table_name = '{table}' and reason = '{reason}'",
    )
    assert told == one(db, f"select count(*) from raw.{table} where {condition}") > 0


def test_lines_of_a_malformed_order_are_of_no_known_order(
    db: duckdb.DuckDBPyConnection,
):
    query = """
        select count(*), count(*) filter (bad.reason is null)
        from raw.order_lines as line
        inner join truth.malformed_rows as bad_order
            on line.order_id = bad_order.row_id and bad_order.table_name = 'orders'
        left join truth.malformed_rows as bad
            on bad.table_name = 'order_lines' and bad.row_number = line.file_row_number
    """
    ((n, unknown),) = answer(db, query)
    assert n > 30
    assert unknown == 0


KEYS = {
    "orders": "order_id",
    "order_lines": "order_id, line_number",
    "customers": "customer_id",
    "web_events": "event_id",
    "messages": "event_id",
    "support_tickets": "ticket_id",
    "referrals": "referral_id",
}


@pytest.mark.parametrize("table", KEYS)
def test_rows_repeat_at_their_rate_and_each_is_known(
    db: duckdb.DuckDBPyConnection, table: str
):
    sound = f"""
        select {KEYS[table]} from raw.{table} as raw
        where not exists (
            select 1 from truth.malformed_rows as bad
            where bad.table_name = '{table}' and bad.row_number = raw.file_row_number
            and raw.filename like '%' || bad.source_file
        )
    """
    ((n, distinct),) = answer(
        db, f"select count(*), count(distinct ({KEYS[table]})) from ({sound})"
    )
    ((told, copies),) = answer(
        db,
        "select count(*), count(*) filter (is_copy) from truth.repeated_rows "
        f"where table_name = '{table}'",
    )
    assert n - distinct == told > 0
    if table in EVENT_TABLES - {"referrals", "support_tickets"}:
        close(copies, n - copies, DIRT["duplicates"])


def test_rows_are_late_at_their_rate(db: duckdb.DuckDBPyConnection):
    # The last days still miss what is on its way.
    query = """
        select
            count(*) filter (received_at - occurred_at > 4 * 3600 * 1000),
            count(*)
        from raw.messages
        where occurred_at between epoch_ms(timestamp '2022-01-01')
            and epoch_ms(timestamp '2022-08-20')
    """
    ((late, n),) = answer(db, query)
    close(late, n, DIRT["late_rows"])


def test_devices_contacts_and_staff_are_as_dirty_as_asked(
    db: duckdb.DuckDBPyConnection,
):
    shared = "select count(*) filter (is_shared), count(*) from truth.identities "
    ((found, n),) = answer(
        db,
        shared + "where kind = 'anonymous_id' and identifier like 'dev_%' and "
        "identifier in (select anonymous_id from raw.web_events)",
    )
    assert found / n == pytest.approx(DIRT["shared_devices"] * 0.75, rel=0.4)
    ((found, n),) = answer(
        db, "select count(*) filter (is_employee), count(*) from truth.people"
    )
    close(found, n, DIRT["employees"])
    ((found, n),) = answer(
        db,
        "select count(distinct order_id) filter (status = 'test'), "
        "count(distinct order_id) filter (status <> 'test') from raw.orders",
    )
    close(found, n, DIRT["test_orders"])
    ((found, n),) = answer(
        db,
        "select count(*) filter (n = 2), count(*) from (select count(*) as n from "
        "truth.identities where kind = 'customer_id' and person_id in (select "
        "person_id from truth.orders where order_number >= 2) group by person_id)",
    )
    close(found, n, DIRT["second_contact"])
    ((found, n),) = answer(
        db,
        "select count(*) filter (anonymous_id is null), count(*) from raw.orders "
        "where sales_channel <> 'store' and status <> 'test'",
    )
    close(found, n, DIRT["missing_device"])
    visitors = answer(
        db,
        "select anonymous_id, count(distinct customer_id) as n from raw.web_events "
        "where anonymous_id not in ('', 'undefined') group by all "
        "order by n desc limit 4",
    )
    assert [n > 15 for _, n in visitors] == [True, True, True, False]  # the tablets


def test_bots_come_at_their_rate_and_are_known(db: duckdb.DuckDBPyConnection):
    bots = "user_agent ilike '%bot%' or user_agent ilike '%headless%' or " \
        "user_agent like 'python-requests%'"  # fmt: skip
    told = one(
        db,
        "select count(*) from truth.malformed_rows as bad inner join raw.web_events "
        f"as raw on bad.row_number = raw.file_row_number where ({bots}) and "
        "bad.table_name = 'web_events'",
    )
    assert told == one(db, f"select count(*) from raw.web_events where {bots}") > 1000
    landings = "select count(*) from raw.web_events where page_url like '%.example/' "
    ((bot, human),) = answer(
        db,
        f"select ({landings} and ({bots})), ({landings} and not ({bots})) + (select "
        "count(*) from raw.web_events where page_url like '%.example/?%')",
    )
    assert bot / human == pytest.approx(DIRT["bots"], rel=0.12)


def test_who_is_forgotten_asked_under_every_contact(db: duckdb.DuckDBPyConnection):
    asked = answer(
        db, "select distinct customer_id from raw.erasure_requests order by all"
    )
    told = answer(
        db,
        "select identifier from truth.identities where kind = 'customer_id' and "
        "erased_at is not null order by all",
    )
    assert asked == told
    assert len(told) > 20


# Truth


def test_raw_rows_belong_to_whom_the_truth_says(db: duckdb.DuckDBPyConnection):
    for key, kind in (("customer_id", "customer_id"), ("anonymous_id", "anonymous_id")):
        query = f"""
            with
            ordered as (
                select
                    raw.{key},
                    truth.orders.person_id,
                    raw.sales_channel
                from raw.orders as raw inner join truth.orders using (order_id)
                where raw.status <> 'test' and raw.{key} not in ('', 'undefined')
            ),
            owners as (
                select identifier, list(person_id) as person_ids
                from truth.identities where kind = '{kind}' group by identifier
            )
            select
                count(*),
                count(*) filter (list_contains(owners.person_ids, ordered.person_id)),
                count(*) filter (owners.identifier is null)
            from ordered left join owners on ordered.{key} = owners.identifier
        """
        ((n, right, unknown),) = answer(db, query)
        assert n > 1500
        if key == "customer_id":
            assert right == n
        else:
            # A shop tablet is nobody's.
            assert right + unknown == n
            close(unknown, n, DIRT["kiosk_visits"])


def test_an_order_is_placed_on_the_device_of_its_visit(db: duckdb.DuckDBPyConnection):
    query = """
        select
            count(*),
            count(*) filter (orders.anonymous_id = events.anonymous_id)
        from raw.orders as orders
        inner join raw.web_events as events
            on orders.customer_id = events.customer_id
            and events.event_name in ('purchase', 'Order Completed', 'transaction')
            and try_cast(orders.ordered_at as timestamp) = date_trunc(
                'second', try_cast(events.occurred_at as timestamptz)::timestamp
            )
        where orders.anonymous_id is not null
            and events.anonymous_id not in ('', 'undefined')
    """
    ((n, same),) = answer(db, query)
    assert n > 500
    assert same == n


def test_the_orders_of_the_truth_are_those_of_the_raw_tables(
    db: duckdb.DuckDBPyConnection,
):
    ((truth, arrived, cancelled, margin),) = answer(
        db,
        "select count(*), count(*) filter (order_id in (select order_id from "
        "raw.orders)), avg(is_cancelled::int), bool_and(margin < net_revenue) "
        "from truth.orders",
    )
    # Some ids are malformed, and some rows are on their way.
    assert truth * 0.97 < arrived <= truth
    assert 0 < cancelled < 0.06
    assert margin
    numbers = answer(
        db,
        "select person_id from truth.orders where not is_cancelled group by person_id "
        "having max(order_number) <> count(*) or min(order_number) <> 1 "
        "or count(distinct order_number) <> count(*)",
    )
    assert numbers == []


def test_contributions_are_the_sums_of_the_orders_that_needed_a_cause(
    db: duckdb.DuckDBPyConnection,
):
    query = """
        with
        needed as (
            select
                unnest(string_split(needed, ',')) as cause,
                net_revenue
            from truth.orders where not is_cancelled and needed <> ''
        ),
        sums as (
            select cause, count(*) as orders, sum(net_revenue) as revenue
            from needed group by cause
        )
        select
            told.cause,
            told.orders,
            coalesce(sums.orders, 0),
            abs(told.net_revenue - coalesce(sums.revenue, 0))
                < 0.01 * told.orders + 1e-6
        from truth.contributions as told left join sums using (cause)
    """
    rows = answer(db, query)
    assert all(told == found and near for _, told, found, near in rows)
    orders = {cause: told for cause, told, _, _ in rows}
    assert orders["brand_search"] == 0 == orders["green_button"]
    for cause in ("paid_search", "campaign", "coupon", "personal_mail", "membership"):
        assert orders[cause] > 0


def test_the_future_counts_what_then_happens(tmp_path: Path):
    small = plan(600, 3)
    simulate(small, tmp_path / "w", workers=1)
    append(tmp_path / "w", max(HORIZONS), workers=1)
    with duckdb.connect() as db:
        for horizon in HORIZONS:
            query = f"""
                with
                base as (
                    select min(as_of) as as_of
                    from '{tmp_path}/w/truth/people/*.parquet'
                ),
                told as (
                    select person_id, n_orders
                    from '{tmp_path}/w/truth/future/*.parquet'
                    where horizon_days = {horizon}
                        and as_of = (select as_of from base)
                ),
                happened as (
                    select person_id, count(*) as n
                    from '{tmp_path}/w/truth/orders/*.parquet', base
                    where not is_cancelled and ordered_at >= as_of
                        and ordered_at < as_of + interval {horizon} days
                    group by person_id
                )
                select
                    count(*),
                    sum(n_orders),
                    count(*) filter (n_orders <> coalesce(n, 0))
                from told left join happened using (person_id)
            """
            ((n, orders, wrong),) = answer(db, query)
            assert n > 500
            assert orders > 10
            assert wrong == 0


LEGAL = {
    ("awareness", "consideration"),
    ("awareness", "purchase"),
    ("awareness", "lapsed"),
    ("consideration", "purchase"),
    ("consideration", "lapsed"),
    ("purchase", "consideration"),
    ("purchase", "retention"),
    ("purchase", "lapsed"),
    ("retention", "advocacy"),
    ("retention", "lapsed"),
    ("advocacy", "retention"),
    ("advocacy", "lapsed"),
    ("lapsed", "consideration"),
    ("lapsed", "purchase"),
}


def test_stages_tile_the_time_and_move_by_the_rules(db: duckdb.DuckDBPyConnection):
    query = """
        select
            stage,
            lead(stage) over next_spell as next_stage,
            exited_at is not distinct from lead(entered_at) over next_spell as tiles,
            lead(cycle_number) over next_spell - cycle_number as cycles,
            entered_at < coalesce(exited_at, as_of) as lasts,
            count(*) as n
        from truth.stages
        window next_spell as (partition by person_id order by entered_at)
    """
    rows = answer(db, f"with spells as ({query.replace('count(*) as n', '1 as n')}) "
                  "select * exclude n, sum(n) from spells group by all")  # fmt: skip
    assert all(tiles and lasts for _, _, tiles, _, lasts, _ in rows)
    moves = {(stage, then): cycles for stage, then, _, cycles, _, _ in rows if then}
    assert set(moves) <= LEGAL
    assert len(moves) >= 12
    for (stage, _), cycles in moves.items():
        assert cycles == (1 if stage == "lapsed" else 0)
    # Who looked around in a store only has not been met by any system.
    unmet = (
        "select person_id from truth.people except select person_id from truth.stages"
    )
    ((n, bought),) = answer(
        db,
        f"select count(*), count(*) filter (person_id in (select person_id from "
        f"truth.orders)) from ({unmet})",
    )
    assert n < 20
    assert bought == 0


def test_a_first_order_is_followed_by_retention_after_its_window(
    db: duckdb.DuckDBPyConnection,
):
    query = """
        with
        firsts as (
            select person_id, min(ordered_at) as ordered_at
            from truth.orders group by person_id
        )
        select
            count(*),
            count(*) filter (exited_at = ordered_at + interval 14 days),
            count(*) filter (exited_at < ordered_at + interval 14 days)
        from firsts inner join truth.stages as spell
            on firsts.person_id = spell.person_id
            and spell.stage = 'purchase'
            and firsts.ordered_at between spell.entered_at
            and coalesce(exited_at, as_of)
        where exited_at is not null
    """
    ((n, after_window, sooner),) = answer(db, query)
    assert n > 500
    assert after_window == n
    assert sooner == 0


def test_the_effects_list_every_parameter(db: duckdb.DuckDBPyConnection):
    effects = dict(answer(db, "select parameter, value from truth.effects"))
    assert effects["causes.campaign_lift"] == "0.25"
    assert effects["channels.brand_search.lift"] == "0.0"
    assert effects["experiments.one_page_checkout.effect"] == "0.12"
    assert effects["dirt.duplicates"] == "0.03"
    assert not answer(
        db,
        "select * from truth.effects where coalesce(meaning, '') = ''",
    )
