"""The contract is what was agreed, and every kind of raw file is read by it."""

import csv
import gzip
import json
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journey_clv.contract import (
    Column,
    ContractError,
    RawTable,
    Table,
    inspect,
    inspect_json,
    load_contract,
)

PROJECT = Path(__file__).parents[2]

# The agreement, apart from its YAML: required columns, then optional ones.
AGREED = {
    "orders": (
        "order_id customer_id ordered_at amount",
        "currency discount_amount tax_amount shipping_amount status sales_channel "
        "coupon_code anonymous_id received_at",
    ),
    "order_lines": (
        "order_id line_number product_id quantity unit_price",
        "unit_cost discount_amount",
    ),
    "refunds": ("refund_id order_id refunded_at amount", "reason currency"),
    "products": ("product_id", "name category unit_cost"),
    "customers": (
        "customer_id",
        "email phone created_at birth_year gender country region postal_code "
        "acquisition_source is_employee updated_at",
    ),
    "web_events": (
        "event_id occurred_at anonymous_id event_name",
        "customer_id page_url referrer utm_source utm_medium utm_campaign utm_content "
        "utm_term device_type country user_agent element_id click_x click_y "
        "viewport_width viewport_height scroll_depth product_id search_term "
        "received_at",
    ),
    "messages": (
        "event_id occurred_at customer_id event_name",
        "message_id campaign_id message_channel received_at",
    ),
    "campaigns": ("campaign_id", "name channel objective started_at ended_at offer"),
    "ad_spend": (
        "spend_date platform campaign_id cost",
        "impressions clicks currency",
    ),
    "ad_interactions": (
        "event_id occurred_at anonymous_id event_name",
        "customer_id platform campaign_id cost",
    ),
    "social_engagements": (
        "event_id occurred_at platform engagement_type",
        "customer_id anonymous_id sentiment reach is_community",
    ),
    "sales_activities": (
        "activity_id occurred_at customer_id activity_type",
        "direction outcome owner",
    ),
    "support_tickets": (
        "ticket_id customer_id opened_at",
        "first_response_at resolved_at contact_channel category priority reopen_count "
        "csat_score",
    ),
    "chat_conversations": (
        "conversation_id started_at",
        "customer_id anonymous_id ended_at handled_by is_resolved escalated_at intent "
        "message_count",
    ),
    "survey_responses": (
        "response_id customer_id survey_type responded_at",
        "score comment sent_at touchpoint",
    ),
    "reviews": (
        "review_id posted_at",
        "customer_id product_id rating body is_testimonial",
    ),
    "referrals": (
        "referral_id referrer_customer_id referred_at",
        "referee_customer_id converted_at",
    ),
    "loyalty_events": ("event_id customer_id occurred_at event_name", "points tier"),
    "experiment_exposures": (
        "experiment_id variant exposed_at",
        "customer_id anonymous_id",
    ),
    "experiments": (
        "experiment_id",
        "name hypothesis control_variant traffic_split started_at ended_at "
        "primary_metric stage touchpoint",
    ),
    "consent_events": ("customer_id occurred_at purpose is_granted", ""),
    "erasure_requests": ("customer_id requested_at", ""),
    "exchange_rates": ("rate_date currency rate", ""),
}
DATA_TYPES = {
    "varchar",
    "timestamp",
    "date",
    "decimal(18,4)",
    "decimal(18,8)",
    "bigint",
    "double",
    "boolean",
}

ORDERS = Table(
    "orders",
    columns=(
        Column("order_id", "varchar", required=True),
        Column("ordered_at", "timestamp", required=True),
        Column("amount", "decimal(18,4)", required=True),
        Column("currency", "varchar"),
        Column("status", "varchar"),
    ),
    required=True,
)
REFUNDS = Table("refunds", columns=(Column("refund_id", "varchar", required=True),))
HEADER = "order_id,ordered_at,amount\n"
ROW = "007,2024-05-01,9.50\n"


def write(path: Path, content: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def write_parquet(path: Path, select: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    duckdb.sql(select).write_parquet(str(path))
    return path


def orders_parquet(path: Path, n_rows: int = 2) -> Path:
    return write_parquet(
        path,
        "select i as order_id, timestamp '2024-05-01' as ordered_at, "
        f"cast(9.5 as decimal(9, 2)) as amount from range({n_rows}) as r (i)",
    )


def rows(raw: RawTable) -> list[tuple[object, ...]]:
    assert raw.errors == []
    names = ", ".join(f'"{column["raw_name"]}"' for column in raw.columns)
    return duckdb.sql(f"select {names} from {raw.reader} as raw").fetchall()


def error(folder: Path, table: Table = ORDERS) -> str:
    raw = inspect(str(folder), table)
    assert raw.reader is None or "required column" in raw.errors[0]
    (sentence,) = raw.errors
    return sentence.replace(folder.as_posix(), "RAW")


# The contract


def test_the_contract_is_what_was_agreed() -> None:
    contract = load_contract(PROJECT)
    stated = {
        table.name: (
            " ".join(column.name for column in table.columns if column.required),
            " ".join(column.name for column in table.columns if not column.required),
        )
        for table in contract.values()
    }
    assert stated == AGREED
    assert next(iter(contract)) == "orders"
    assert [table.name for table in contract.values() if table.required] == ["orders"]


def test_required_columns_come_first() -> None:
    for table in load_contract(PROJECT).values():
        required = [column.required for column in table.columns]
        assert required == sorted(required, reverse=True), table.name


def test_every_column_is_typed_and_described() -> None:
    for table in load_contract(PROJECT).values():
        assert table.description.endswith("."), table.name
        for column in table.columns:
            assert column.data_type in DATA_TYPES
            assert column.description.endswith("."), (table.name, column.name)
            assert "doc(" not in column.description
            assert column.name.startswith("is_") == (column.data_type == "boolean")
            if column.name.endswith("_at"):
                assert column.data_type == "timestamp"


def test_keys_and_event_times_are_columns() -> None:
    for table in load_contract(PROJECT).values():
        names = {column.name for column in table.columns}
        assert table.key
        assert names.issuperset(table.key)
        assert table.event_time is None or table.event_time in names
        assert (table.lights_up == ()) == (table.name == "erasure_requests")


def test_personal_columns_are_marked() -> None:
    personal = {
        (table.name, column.name)
        for table in load_contract(PROJECT).values()
        for column in table.columns
        if column.pii
    }
    assert personal == {
        ("customers", "email"),
        ("customers", "phone"),
        ("survey_responses", "comment"),
        ("reviews", "body"),
    }


def test_a_folder_without_a_contract_says_so(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match="There is no raw contract in"):
        load_contract(tmp_path)


def test_an_unknown_doc_block_is_named(tmp_path: Path) -> None:
    write(
        tmp_path / "models/staging/a.yml",
        "sources: [{name: raw, tables: [{name: t, description: \"{{ doc('gone') }}\", "
        "config: {meta: {key: [], lights_up: []}}, columns: []}]}]",
    )
    with pytest.raises(ContractError, match="no doc block gone"):
        load_contract(tmp_path)


# What is read


@pytest.mark.parametrize("name", ["orders.csv", "Orders.CSV", "orders/2024/a.csv"])
def test_csv_is_read_as_text(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / name, HEADER + ROW)
    raw = inspect(str(tmp_path), ORDERS)
    assert rows(raw) == [("007", "2024-05-01", "9.50")]
    assert raw.files == [path.as_posix()]
    assert raw.format == "csv"
    assert raw.columns[0] == {
        "name": "order_id",
        "raw_name": "order_id",
        "raw_type": "VARCHAR",
    }
    assert raw.missing_optional == ["currency", "status"]
    assert raw.extra_columns == []
    assert raw.n_rows == 1


@pytest.mark.parametrize("name", ["orders.csv.gz", "orders/a.csv.gz"])
def test_compressed_csv(tmp_path: Path, name: str) -> None:
    write(tmp_path / name, gzip.compress((HEADER + ROW).encode("utf-8-sig")))
    assert rows(inspect(str(tmp_path), ORDERS)) == [("007", "2024-05-01", "9.50")]


@pytest.mark.parametrize(
    "name", ["orders.parquet", "ORDERS.Parquet", "orders.parquet/part-0.parquet"]
)
def test_parquet_keeps_its_types(tmp_path: Path, name: str) -> None:
    orders_parquet(tmp_path / name)
    raw = inspect(str(tmp_path), ORDERS)
    assert raw.format == "parquet"
    assert raw.n_rows == len(rows(raw)) == 2
    assert [column["raw_type"] for column in raw.columns] == [
        "BIGINT",
        "TIMESTAMP",
        "DECIMAL(9,2)",
    ]


def test_source_file_names_the_file_of_each_row(tmp_path: Path) -> None:
    paths = [write(tmp_path / f"orders/{name}.csv", HEADER + ROW) for name in "ab"]
    raw = inspect(str(tmp_path), ORDERS)
    found = duckdb.sql(f"select source_file from {raw.reader} order by 1").fetchall()
    assert found == [(path.as_posix(),) for path in paths]


def test_columns_match_regardless_of_case_blanks_and_order(tmp_path: Path) -> None:
    write(tmp_path / "orders.csv", " Amount ,NOTE,ORDERED_AT,Order_ID\n1,x,2,3\n")
    raw = inspect(str(tmp_path), ORDERS)
    assert rows(raw) == [("3", "2", "1")]
    assert [column["raw_name"] for column in raw.columns] == [
        "Order_ID",
        "ORDERED_AT",
        "Amount",
    ]
    assert raw.extra_columns == ["NOTE"]


def test_parquet_columns_match_regardless_of_case_and_blanks(tmp_path: Path) -> None:
    write_parquet(
        tmp_path / "orders.parquet",
        'select 1 as "Order_ID ", 2 as ordered_at, 3 as AMOUNT, 4 as "e x"',
    )
    raw = inspect(str(tmp_path), ORDERS)
    assert rows(raw) == [(1, 2, 3)]
    assert raw.columns[0]["raw_name"] == "Order_ID "
    assert raw.extra_columns == ["e x"]


def test_a_byte_order_mark_is_no_part_of_the_name(tmp_path: Path) -> None:
    write(tmp_path / "orders.csv", b"\xef\xbb\xbf" + (HEADER + ROW).encode())
    assert rows(inspect(str(tmp_path), ORDERS)) == [("007", "2024-05-01", "9.50")]


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_a_header_alone_is_no_rows(tmp_path: Path, end: str) -> None:
    write(tmp_path / "orders.csv", HEADER.rstrip() + end)
    raw = inspect(str(tmp_path), ORDERS)
    assert rows(raw) == []
    assert raw.n_rows == 0
    assert len(raw.columns) == 3


@pytest.mark.parametrize("content", ["refund_id\n1\n2\n", "refund_id\r\n1\r\n2"])
def test_a_single_column(tmp_path: Path, content: str) -> None:
    write(tmp_path / "refunds.csv", content)
    assert rows(inspect(str(tmp_path), REFUNDS)) == [("1",), ("2",)]


def test_words_that_a_guess_would_take_for_syntax(tmp_path: Path) -> None:
    write(tmp_path / "orders.csv", HEADER + "#1,it's,'a\n# 2,,b'\n")
    assert rows(inspect(str(tmp_path), ORDERS)) == [
        ("#1", "it's", "'a"),
        ("# 2", None, "b'"),
    ]


def test_nameless_and_repeated_extra_columns(tmp_path: Path) -> None:
    write(tmp_path / "orders.csv", HEADER.strip() + ",,note,Note,\n1,2,3,4,5,6,7\n")
    raw = inspect(str(tmp_path), ORDERS)
    assert rows(raw) == [("1", "2", "3")]
    assert raw.extra_columns == ["#4", "note", "Note#6", "#7"]


def test_files_of_a_folder_may_differ(tmp_path: Path) -> None:
    write(tmp_path / "orders/a.csv", HEADER + "1,2,3\n")
    write(tmp_path / "orders/b.csv", "amount;ORDER_ID;status;ordered_at\n6;4;ok;5\n")
    write(tmp_path / "orders/c.csv", "order_id\tordered_at\tamount\tx\n7\t8\t9\t0\n")
    raw = inspect(str(tmp_path), ORDERS)
    assert sorted(rows(raw), key=str) == [
        ("1", "2", "3", None),
        ("4", "5", "6", "ok"),
        ("7", "8", "9", None),
    ]
    assert raw.n_rows == 3
    assert raw.missing_optional == ["currency"]
    assert raw.extra_columns == ["x"]


def test_parquet_files_of_a_folder_may_differ(tmp_path: Path) -> None:
    orders_parquet(tmp_path / "orders/a.parquet", 3)
    write_parquet(
        tmp_path / "orders/b.parquet",
        "select 'x' as status, 'A7' as ORDER_ID, 1 as amount, "
        "date '2024-05-01' as ordered_at",
    )
    raw = inspect(str(tmp_path), ORDERS)
    assert raw.n_rows == len(rows(raw)) == 4
    assert raw.columns[0]["raw_type"] == "VARCHAR"
    assert raw.missing_optional == ["currency"]


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_folders_named_column_equals_value_give_the_column(
    tmp_path: Path, suffix: str
) -> None:
    for status in ("ok", "7"):
        folder = tmp_path / f"orders/status={status}"
        if suffix == "csv":
            write(folder / "a.csv", HEADER + ROW)
        else:
            orders_parquet(folder / "a.parquet", 1)
    raw = inspect(str(tmp_path), ORDERS)
    assert sorted(str(row[-1]) for row in rows(raw)) == ["7", "ok"]
    assert raw.columns[-1]["raw_type"] == "VARCHAR"


def test_folders_above_the_table_give_no_column(tmp_path: Path) -> None:
    write(tmp_path / "status=ok/orders.csv", HEADER + ROW)
    raw = inspect(str(tmp_path / "status=ok"), ORDERS)
    assert raw.missing_optional == ["currency", "status"]


def test_what_is_hidden_or_underscored_is_passed_over(tmp_path: Path) -> None:
    write(tmp_path / "orders/a.csv", HEADER + ROW)
    for name in ("_SUCCESS", ".a.csv.crc", "_temporary/b.csv", ".hidden/c.csv"):
        write(tmp_path / "orders" / name, "not data")
    write(tmp_path / ".orders.csv", "not data")
    raw = inspect(str(tmp_path), ORDERS)
    assert raw.n_rows == len(rows(raw)) == 1


def test_an_absent_optional_table_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "refunds").mkdir()
    assert inspect(str(tmp_path), REFUNDS) == RawTable("refunds")


def test_an_empty_folder_beside_a_file_is_absent(tmp_path: Path) -> None:
    (tmp_path / "orders").mkdir()
    write(tmp_path / "orders.csv", HEADER + ROW)
    assert inspect(str(tmp_path), ORDERS).n_rows == 1


@pytest.mark.parametrize(
    "folder",
    [
        "my data",
        "it's",
        'a "b"',
        "caf\u00e9 \u6570\u636e",
        "a*b?",
        "x[1]",
        "{a,b}",
        "#",
    ],
)
def test_any_path_is_read_literally(tmp_path: Path, folder: str) -> None:
    # What a pattern of that name would match must not be read in its place.
    for decoy in ("aXb1", "x1", "a", "b"):
        write(tmp_path / decoy / "orders.csv", HEADER + "decoy,,\n")
    csv_folder, parquet_folder = tmp_path / folder, tmp_path / "p" / folder
    write(csv_folder / "orders.csv", HEADER + ROW)
    orders_parquet(parquet_folder / "orders.parquet")
    raw = inspect(str(csv_folder), ORDERS)
    assert rows(raw) == [("007", "2024-05-01", "9.50")]
    assert raw.files == [(csv_folder / "orders.csv").as_posix()]
    assert rows(inspect(str(parquet_folder), ORDERS))[1][0] == 1


def test_a_relative_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "data/raw/orders.csv", HEADER + ROW)
    monkeypatch.chdir(tmp_path)
    raw = inspect("data/raw/", ORDERS)
    assert raw.files == ["data/raw/orders.csv"]
    assert len(rows(raw)) == 1


def test_a_changed_file_is_counted_again(tmp_path: Path) -> None:
    path = write(tmp_path / "orders.csv", HEADER + ROW)
    assert inspect(str(tmp_path), ORDERS).n_rows == 1
    write(path, HEADER + ROW + ROW)
    assert inspect(str(tmp_path), ORDERS).n_rows == 2


@settings(max_examples=40, deadline=None)
@given(
    delimiter=st.sampled_from(",;\t|"),
    order=st.permutations(["order_id", "ordered_at", "amount", "extra"]),
    spell=st.sampled_from([str.upper, str.title, lambda name: f"  {name} "]),
    records=st.lists(
        st.lists(
            st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8),
            min_size=4,
            max_size=4,
        ),
        max_size=4,
    ),
)
def test_any_quoted_text_comes_back_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, delimiter, order, spell, records
) -> None:
    folder = tmp_path_factory.mktemp("raw")
    with (folder / "orders.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, delimiter=delimiter, quoting=csv.QUOTE_ALL)
        writer.writerows([[spell(name) for name in order], *records])
    raw = inspect(str(folder), ORDERS)
    wanted = [order.index(column["name"]) for column in raw.columns]
    assert rows(raw) == [
        tuple(record[position] or None for position in wanted) for record in records
    ]
    assert raw.n_rows == len(records)


# What is refused


def test_no_folder(tmp_path: Path) -> None:
    sentence = "set JOURNEY_RAW to the folder that holds your files."
    assert error(tmp_path / "x") == f"Raw folder RAW does not exist: {sentence}"
    path = write(tmp_path / "file", "")
    assert error(path) == f"Raw folder RAW is not a folder: {sentence}"
    too_long = tmp_path / ("x" * 300)
    assert error(too_long) == (
        f"Raw folder RAW cannot be read (File name too long): {sentence}"
    )


def test_no_required_table(tmp_path: Path) -> None:
    (tmp_path / "orders").mkdir()
    assert error(tmp_path) == (
        "Table orders is required, but RAW has no orders.parquet, orders.csv or "
        "folder orders: add it; it may have no rows."
    )


def test_no_required_column(tmp_path: Path) -> None:
    write(tmp_path / "orders.csv", "order_id,Ordered_At,total\n1,2,3\n")
    assert error(tmp_path) == (
        "Table orders: the required column amount is absent from RAW/orders.csv: "
        "add it."
    )


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_no_required_column_in_some_files_of_a_folder(
    tmp_path: Path, suffix: str
) -> None:
    for name, columns in {
        "a": ["order_id", "ordered_at", "amount"],
        "b": ["order_id", "ordered_at"],
        "c": ["order_id", "amount"],
        "d": ["order_id", "ordered_at"],
    }.items():
        path = tmp_path / f"orders/{name}.{suffix}"
        if suffix == "csv":
            write(path, ",".join(columns) + "\n")
        else:
            write_parquet(path, "select " + ", ".join(f"1 as {c}" for c in columns))
    raw = inspect(str(tmp_path), ORDERS)
    assert [text.replace(tmp_path.as_posix(), "RAW") for text in raw.errors] == [
        "Table orders: the required column ordered_at is absent from "
        f"RAW/orders/c.{suffix}: add it.",
        "Table orders: the required column amount is absent from "
        f"RAW/orders/b.{suffix} (and from 1 more): add it.",
    ]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("orders.csv", "orders.parquet"),
        ("orders.csv", "orders.csv.gz"),
        ("orders/a.csv", "orders.csv"),
        ("ORDERS.csv", "orders.csv"),
    ],
)
def test_two_sources(tmp_path: Path, first: str, second: str) -> None:
    write(tmp_path / first, HEADER)
    write(tmp_path / second, HEADER)
    names = f"RAW/{first.split('/')[0]} and RAW/{second}"
    assert error(tmp_path) == f"Table orders is there twice: keep one of {names}."


def test_mixed_formats(tmp_path: Path) -> None:
    write(tmp_path / "orders/a.csv", HEADER)
    orders_parquet(tmp_path / "orders/b.parquet")
    assert error(tmp_path) == (
        "Table orders mixes Parquet and CSV: keep one format of RAW/orders/a.csv and "
        "RAW/orders/b.parquet."
    )


def test_another_format(tmp_path: Path) -> None:
    write(tmp_path / "orders/a.csv", HEADER)
    write(tmp_path / "orders/b.xlsx", "")
    assert error(tmp_path) == (
        "Table orders: the file RAW/orders/b.xlsx is neither Parquet nor CSV: export "
        "it as one of them, or move it out of the folder."
    )


@pytest.mark.parametrize("content", ["", "\n", "\ufeff", "\n" + HEADER, " , \n1,2\n"])
def test_no_header(tmp_path: Path, content: str) -> None:
    write(tmp_path / "orders.csv", content)
    assert error(tmp_path) == (
        "Table orders: the file RAW/orders.csv has no header: write the names of its "
        "columns into its first line, or remove it."
    )


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "Parquet file size is 0 bytes"),
        (
            "order_id,ordered_at,amount",
            "Parquet magic bytes not found in footer. Either the file is corrupted or "
            "this is not a parquet file",
        ),
    ],
)
def test_not_parquet(tmp_path: Path, content: str, reason: str) -> None:
    orders_parquet(tmp_path / "orders/a.parquet")
    write(tmp_path / "orders/b.parquet", content)
    assert error(tmp_path) == (
        "Table orders: the file RAW/orders/b.parquet cannot be read as parquet "
        f"({reason}): export it again."
    )


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (HEADER.encode(), "Not a gzipped file (b'or')"),
        (
            gzip.compress(HEADER.encode(), mtime=0)[:-9],
            "Compressed file ended before the end-of-stream marker was reached",
        ),
        (
            gzip.compress(HEADER.encode(), mtime=0)[:10] + b"\xff" * 20,
            "Error -3 while decompressing data: invalid block type",
        ),
    ],
)
def test_not_gzip(tmp_path: Path, content: bytes, reason: str) -> None:
    write(tmp_path / "orders.csv.gz", content)
    assert error(tmp_path) == (
        "Table orders: the file RAW/orders.csv.gz cannot be read as csv "
        f"({reason}): export it again."
    )


@pytest.mark.parametrize(
    "content",
    [
        HEADER.encode() + b"1,2,caf\xe9\n",
        HEADER.encode("utf-16"),
        b"order_id,ordered_at,amount,caf\xe9\n",
    ],
)
def test_not_utf8(tmp_path: Path, content: bytes) -> None:
    write(tmp_path / "orders.csv", content)
    assert error(tmp_path) == (
        "Table orders: the file RAW/orders.csv is not UTF-8: save it as UTF-8."
    )


def test_not_utf8_far_down(tmp_path: Path) -> None:
    # No contract column holds the bad text, and count(*) alone would not look.
    lines = "1,2,3,x\n" * 200_000
    content = (HEADER.strip() + ",note\n" + lines).encode() + b"1,2,3,caf\xe9\n"
    write(tmp_path / "orders/a.csv", content)
    write(tmp_path / "orders/b.csv", HEADER + ROW)
    assert error(tmp_path) == (
        "Table orders: the file RAW/orders/a.csv cannot be read "
        "(CSV Error on Line: 200002): save it as UTF-8."
    )


@pytest.mark.parametrize(
    ("line", "reason", "remedy"),
    [
        (
            '1,2,"3\n',
            "CSV Error on Line: 3",
            "close that line's quote, and double quotes inside fields",
        ),
        (
            "1,2\n",
            "CSV Error on Line: 3",
            "give that line as many fields as the first line has names",
        ),
        (
            "1,2,3,4\n",
            "CSV Error on Line: 3",
            "give that line as many fields as the first line has names",
        ),
        (
            "1,2,3\r\n",
            "The CSV Parser state machine reached an invalid state",
            "end all lines in the same way, and close every quote",
        ),
        (
            f"1,2,{'x' * 3_000_000}\n",
            "CSV Error on Line: 3",
            "shorten that line to two million bytes",
        ),
    ],
)
def test_broken_lines(tmp_path: Path, line: str, reason: str, remedy: str) -> None:
    write(tmp_path / "orders/a.csv", HEADER + ROW + line)
    write(tmp_path / "orders/b.csv", HEADER + ROW)
    assert error(tmp_path) == (
        f"Table orders: the file RAW/orders/a.csv cannot be read ({reason}): {remedy}."
    )


def test_every_broken_file_is_named(tmp_path: Path) -> None:
    for name in "abc":
        broken = "" if name == "b" else "1\n"
        write(tmp_path / f"orders/{name}.csv", HEADER + ROW + broken)
    raw = inspect(str(tmp_path), ORDERS)
    assert len(raw.errors) == 2
    assert "orders/a.csv" in raw.errors[0]
    assert "orders/c.csv" in raw.errors[1]


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_two_columns_of_one_name(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"orders.{suffix}"
    if suffix == "csv":
        write(path, "order_id,ordered_at,amount,Order_ID \n1,2,3,4\n")
    else:
        write_parquet(
            path, 'select 1 as order_id, 2 as ordered_at, 3 as amount, 4 as "Order_ID "'
        )
    assert error(tmp_path) == (
        f"Table orders: the file RAW/orders.{suffix} has two columns order_id: rename "
        "one of them."
    )


def test_one_column_in_two_spellings(tmp_path: Path) -> None:
    orders_parquet(tmp_path / "orders/a.parquet")
    write_parquet(
        tmp_path / "orders/b.parquet",
        "select 1 as \"order_id \", date '2024-05-01' as ordered_at, 3 as amount",
    )
    assert error(tmp_path) == (
        "Table orders: its files spell the column order_id in two ways, "
        '"order_id" and "order_id ": settle on one.'
    )


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("20240501", "number"),
        ("timestamptz '2024-05-01 00:00:00+02'", "time with an offset"),
        ("[1]", "list<element: int32>"),
    ],
)
def test_kinds_that_cannot_be_united(tmp_path: Path, value: str, kind: str) -> None:
    orders_parquet(tmp_path / "orders/a.parquet")
    write_parquet(
        tmp_path / "orders/b.parquet",
        f"select 1 as order_id, {value} as Ordered_At, 3 as amount",
    )
    assert error(tmp_path) == (
        "Table orders: the column ordered_at is time in RAW/orders/a.parquet but "
        f"{kind} in RAW/orders/b.parquet: write all its files with one type."
    )


def test_text_does_not_unite_with_nested_values(tmp_path: Path) -> None:
    for name, value in {"a": "'x'", "b": "{'x': 1}"}.items():
        write_parquet(
            tmp_path / f"refunds/{name}.parquet", f"select {value} as refund_id"
        )
    assert error(tmp_path, REFUNDS) == (
        "Table refunds: the column refund_id is text in RAW/refunds/a.parquet but "
        "struct<x: int32> in RAW/refunds/b.parquet: write all its files with one type."
    )


def test_a_file_that_has_only_nulls_in_a_column(tmp_path: Path) -> None:
    orders_parquet(tmp_path / "orders/a.parquet")
    nothing = pa.table({"order_id": ["x"], "ordered_at": pa.nulls(1), "amount": [1.5]})
    pq.write_table(nothing, tmp_path / "orders/b.parquet")
    raw = inspect(str(tmp_path), ORDERS)
    assert [row[0] for row in rows(raw)] == ["0", "1", "x"]
    assert raw.columns[1]["raw_type"] == "TIMESTAMP"


@pytest.mark.parametrize("name", ["source_file", "Source_File"])
def test_the_name_that_the_build_needs(tmp_path: Path, name: str) -> None:
    write(tmp_path / "orders.csv", HEADER.strip() + f",{name}\n1,2,3,4\n")
    assert error(tmp_path) == (
        "Table orders: the file RAW/orders.csv has a column source_file, a name that "
        "the build needs: rename it."
    )


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_a_broken_link(tmp_path: Path, suffix: str) -> None:
    path = write(tmp_path / f"orders/a.{suffix}", "")
    path.unlink()
    path.symlink_to("nowhere")
    assert "Table orders is required, but RAW has no" in error(tmp_path)


# As SQL asks


def request(folder: Path) -> str:
    columns = [
        {
            "name": column.name,
            "data_type": column.data_type,
            "required": column.required,
            "pii_kind": None,
        }
        for column in ORDERS.columns
    ]
    table = {"name": "orders", "required": True, "columns": columns, "key": []}
    return json.dumps({"raw_path": str(folder), "table": table})


def test_the_answer_in_json(tmp_path: Path) -> None:
    path = write(tmp_path / "orders.csv", "order_id,ordered_at,amount,n\n1,2,3,4\n")
    answer = json.loads(inspect_json(request(tmp_path)))
    assert "read_csv" in answer.pop("reader")
    assert answer == {
        "table": "orders",
        "files": [path.as_posix()],
        "format": "csv",
        "columns": [
            {"name": name, "raw_name": name, "raw_type": "VARCHAR"}
            for name in ("order_id", "ordered_at", "amount")
        ],
        "extra_columns": ["n"],
        "missing_optional": ["currency", "status"],
        "n_rows": 1,
        "errors": [],
    }


def test_sql_asks_and_reads_what_it_is_told(tmp_path: Path) -> None:
    write(tmp_path / "orders.csv", HEADER + ROW)
    with duckdb.connect() as connection:
        connection.create_function("ask", inspect_json, side_effects=True)
        ((answer,),) = connection.execute(
            "select ask(?)", [request(tmp_path)]
        ).fetchall()
        reader = json.loads(answer)["reader"]
        read = connection.execute(f"select raw.order_id from {reader} as raw")
        assert read.fetchall() == [("007",)]
        connection.remove_function("ask")


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ("{", "Table ? could not be inspected (JSONDecodeError: Expecting property"),
        ("{}", "Table ? could not be inspected (KeyError: 'table')."),
        (
            '{"raw_path": 3, "table": {"name": "t", "required": false, "columns": []}}',
            "Table t could not be inspected (TypeError: ",
        ),
    ],
)
def test_a_failure_is_an_answer_too(asked: str, sentence: str) -> None:
    answer = json.loads(inspect_json(asked))
    assert answer["errors"][0].startswith(sentence)
    assert answer["reader"] is None
