"""A raw folder with everything wrong in it: where does each row end, and as what?"""

import gzip
from datetime import date
from pathlib import Path

import duckdb
import pytest
from conftest import Build, build

# order_id says what is the matter; then ordered_at, amount, and either the UTC time as
# which the row must be accepted or the reason for which it must not. Times without an
# offset are in Berlin: one hour ahead of UTC in winter, two in summer.
ORDERS = [
    ("naive-winter", "2024-01-15 10:00:00", "10", "2024-01-15 09:00:00"),
    ("naive-summer", "2024-07-15 10:00:00", "10", "2024-07-15 08:00:00"),
    ("naive-t", "2024-01-15T10:00", "10", "2024-01-15 09:00:00"),
    ("date-alone", "2024-01-15", "10", "2024-01-14 23:00:00"),
    ("date-slashed", "2024/01/15", "10", "2024-01-14 23:00:00"),
    ("date-compact", "20240115", "10", "2024-01-14 23:00:00"),
    ("zulu", "2024-01-15T10:00:00Z", "10", "2024-01-15 10:00:00"),
    ("offset", "2024-01-15T10:00:00+02:00", "10", "2024-01-15 08:00:00"),
    ("offset-short", "2024-01-15 10:00:00-05", "10", "2024-01-15 15:00:00"),
    ("offset-spaced", "2024-01-15 10:00:00 +0200", "10", "2024-01-15 08:00:00"),
    ("offset-spaced-t", "2024-01-15T10:00:00 -05:00", "10", "2024-01-15 15:00:00"),
    ("offset-millis", "2024-01-15T10:00:00.250-05:00", "10", "2024-01-15 15:00:00.25"),
    ("zone-name", "2024-01-15 10:00:00 UTC", "10", "2024-01-15 10:00:00"),
    ("fraction", "2024-01-15 10:00:00.250", "10", "2024-01-15 09:00:00.25"),
    ("epoch-s", "1705312800", "10", "2024-01-15 10:00:00"),
    ("epoch-ms", "1705312800123", "10", "2024-01-15 10:00:00.123"),
    ("epoch-us", "1705312800123456", "10", "2024-01-15 10:00:00.123456"),
    ("epoch-fraction", "1705312800.5", "10", "2024-01-15 10:00:00.5"),
    ("padded", "  2024-01-15 10:00:00 ", " 10.5 ", "2024-01-15 09:00:00"),
    ("exponent", "2024-01-15", "1e1", "2024-01-14 23:00:00"),
    ("free", "2024-01-15", "0", "2024-01-14 23:00:00"),
    ("us-date", "01/02/2024", "10", "unreadable_ordered_at"),
    ("no-such-day", "2024-02-30", "10", "unreadable_ordered_at"),
    ("word", "yesterday", "10", "unreadable_ordered_at"),
    ("infinite", "infinity", "10", "unreadable_ordered_at"),
    ("small-number", "12345", "10", "unreadable_ordered_at"),
    ("minute-number", "202401311030", "10", "unreadable_ordered_at"),
    ("no-time", "", "10", "missing_ordered_at"),
    ("future", "2999-01-01", "10", "future_time"),
    ("placeholder", "0001-01-01 00:00:00", "10", "time_before_1970"),
    ("comma", "2024-01-15", "1,50", "unreadable_amount"),
    ("thousands", "2024-01-15", "1,234.50", "unreadable_amount"),
    ("underscore", "2024-01-15", "1_000", "unreadable_amount"),
    ("symbol", "2024-01-15", "$5", "unreadable_amount"),
    ("not-a-number", "2024-01-15", "nan", "unreadable_amount"),
    ("no-amount", "2024-01-15", " ", "missing_amount"),
    ("negative", "2024-01-15", "-1", "negative_amount"),
]


@pytest.fixture(scope="module")
def dirty(tmp_path_factory: pytest.TempPathFactory) -> Build:
    raw = tmp_path_factory.mktemp("dirty raw, it's")  # a blank, a comma and a quote
    _write_orders(raw)
    _write_people(raw)
    _write_events(raw)
    return build(
        raw,
        tmp_path_factory.mktemp("dirty"),
        reporting_timezone="Europe/Berlin",
        reporting_currency="EUR",
    )


def _write_orders(raw: Path) -> None:
    lines = [
        "Amount;ORDER_ID;extra;customer_id; ordered_at ;currency;status;tax_amount"
    ]
    for order_id, ordered_at, amount, _ in ORDERS:
        lines.append(f'{amount};{order_id};x;ann;"{ordered_at}";;;')
    lines += [
        "10;;x;ann;2024-01-15;;;",  # no id
        "10;no-customer;x;undefined;2024-01-15;;;",
        "10;usd;x;bob;2024-01-15;usd;;",
        "10;usd-too-early;x;bob;2024-01-01;USD;;",
        "10;yen;x;bob;2024-01-15;JPY;;",
        "10;cancelled;x;bob;2024-01-15;;Cancelled;",
        "10;unheard-of;x;bob;2024-01-15;;ready to go;",
        "10;tax;x;bob;2024-01-15;;;-1",
        "10;tax-unread;x;bob;2024-01-15;;;1,9",
        "99;erased-order;x;eve;2024-01-15;;;",
        "99;erased-bad;x;eve;tomorrow;;;",  # erased comes before quarantine
    ]
    (raw / "orders").mkdir()
    text = "\r\n".join(lines) + "\r\n"
    (raw / "orders" / "1.csv").write_bytes(b"\xef\xbb\xbf" + text.encode())
    # The last file wins: 12 replaces 10. A broken later version replaces nothing.
    (raw / "orders" / "2.csv").write_text(
        "order_id,customer_id,ordered_at,amount\n"
        "usd,bob,2024-01-16,12\n"
        "cancelled,bob,never,12\n"
    )
    (raw / "exchange_rates.csv").write_text(
        "rate_date,currency,rate\n2024-01-10,usd,0.5\n2024-01-16,USD,0.25\n"
        "2024-01-17,USD,0\n"
    )
    (raw / "refunds.csv").write_text(
        "refund_id,order_id,refunded_at,amount,currency\n"
        "r1,naive-winter,2024-01-20,4,\n"
        "r2,naive-winter,2024-02-20,4,USD\n"
        "r3,no-such-order,2024-01-20,4,\n"
        "r4,negative,2024-01-20,4,\n"  # its order is in quarantine
        "r5,erased-order,2024-01-20,4,\n"
        "r6,naive-winter,2024-01-14,4,\n"  # before there was anything to refund
    )


def _write_people(raw: Path) -> None:
    (raw / "customers.csv").write_text(
        "customer_id,email,phone,country,birth_year,is_employee,updated_at\n"
        "ann,Ann@Canary-Mail.example,+49 (30) 1234567,DE,1980,no,2024-01-01\n"
        "ann,ann@canary-mail.example ,0049301234567,SE,1980,yes,2024-02-01\n"
        "bob,bob@canary-mail.example,,DE,nineteen,perhaps,\n"
        "eve,eve@canary-mail.example,,DE,1990,,\n"
        " ,nobody@canary-mail.example,,,,,\n"
    )
    (raw / "survey_responses.csv").write_text(
        "response_id,customer_id,survey_type,responded_at,score,comment,sent_at\n"
        "s1,ann,nps,2024-01-20,9,Canary words,2024-01-19\n"
        "s2,ann,nps,not yet,9,Canary words,\n"
        # Sent after it was answered, and after all else: an optional column's dirt.
        "s3,ann,nps,2024-01-20,9,Canary words,2024-12-20\n"
    )
    (raw / "erasure_requests.csv").write_text(
        "customer_id,requested_at\neve,2024-03-01\n,2024-03-01\n"
    )


def _write_events(raw: Path) -> None:
    (raw / "web_events").mkdir()
    bot = "Mozilla/5.0 (compatible; Googlebot/2.1)"
    with duckdb.connect() as connection:
        # Native types: epoch milliseconds in one file, a device as a float in another.
        connection.execute(
            "copy (select * from (values "
            "('w1', 1705312800000, 'd1', 'page_view', 'ann', null), "
            "('w1', 1705312800000, 'd1', 'page_view', 'ann', null), "
            f"('w2', 1705312800000, 'd2', 'page_view', null, '{bot}'), "
            "('w9', 1705312800000, 'd9', 'page_view', 'Ann@Canary-Mail.example', "
            "'Mozilla/5.0 (Linux; Android 9; CUBOT X19)'), "
            "('w3', 1705312800000, 'eve-phone', 'page_view', 'eve', null), "
            "('w4', 1705312800000, 'eve-phone', 'page_view', null, null), "
            "('w5', 1705312800000, 'shop-tablet', 'page_view', 'eve', null), "
            "('w6', 1705312800000, 'shop-tablet', 'page_view', 'bob', null), "
            "('w7', 1705312800000, 'shop-tablet', 'page_view', null, null)) "
            "as t(event_id, occurred_at, anonymous_id, event_name, customer_id, "
            "user_agent)"
            f") to '{_quoted(raw / 'web_events' / 'a.parquet')}'"
        )
        connection.execute(
            "copy (select 'w8' as event_id, 1705312800000 as occurred_at, "
            "'d8' as anonymous_id, 'page_view' as event_name, "
            f"'https://shop.example/?mail=x@canary-mail.example' as page_url) "
            f"to '{_quoted(raw / 'web_events' / 'b.parquet')}'"
        )
        # What pandas makes of whole numbers beside a null.
        connection.execute(
            "copy (select * from (values "
            "('c1', timestamp '2024-01-15 10:00:00', 7.0, timestamp '2999-01-01'), "
            "('c2', timestamp '2024-07-15 10:00:00', null, null)) "
            "as t(conversation_id, started_at, customer_id, ended_at)) "
            f"to '{_quoted(raw / 'chat_conversations.parquet')}'"
        )
    text = "event_id,occurred_at,customer_id,event_name\nm1,1705312800,ann,sent\n"
    (raw / "messages.csv.gz").write_bytes(gzip.compress(text.encode()))


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")


def test_it_builds(dirty: Build):
    assert dirty.result.success, dirty.failed


@pytest.mark.parametrize(("order_id", "ordered_at", "amount", "expected"), ORDERS)
def test_an_order_is_read_or_refused(
    dirty: Build, order_id, ordered_at, amount, expected
):
    row = dirty.work(
        "select cast(ordered_at as varchar), rejection_reason, row_status "
        f"from staging.base_sales__orders where order_id = '{order_id}'"
    )
    if expected[0].isdigit():
        assert row == [(expected, None, "accepted")]
    else:
        assert row[0][1:] == (expected, "quarantined")


def test_the_build_describes_the_latest_contact_of_all(dirty: Build):
    # In UTC; nothing may lie after it, and a data test of the build says so.
    assert (
        dirty.work(
            "select cast(as_of_at as varchar) from intermediate.int_as_of "
            "union all "
            "select cast(max(occurred_at) as varchar) from marts.fct_interactions"
        )
        == [("2024-12-19 23:00:00",)] * 2
    )


def test_ids_currencies_and_states(dirty: Build):
    assert dict(
        dirty.marts(
            "select coalesce(raw_row ->> 'order_id', 'none') as id, rejection_reason "
            "from quarantined_rows where table_name = 'orders' and id in ('none', "
            "'no-customer', 'yen', 'usd-too-early', 'tax', 'tax-unread', 'cancelled')"
        )
    ) == {
        "none": "missing_order_id",
        "no-customer": "missing_customer_id",
        "yen": "unknown_currency",
        "usd-too-early": "unknown_currency",
        "tax": "negative_tax_amount",
        "tax-unread": "unreadable_tax_amount",
        "cancelled": "unreadable_ordered_at",
    }
    orders = dirty.marts(
        "select order_id, order_currency, gross_amount::double, is_purchase, "
        "order_status from fct_orders "
        "where order_id in ('usd', 'cancelled', 'unheard-of') order by order_id"
    )
    assert orders == [
        ("cancelled", "EUR", 10.0, False, "cancelled"),
        ("unheard-of", "EUR", 10.0, True, "ready_to_go"),
        ("usd", "EUR", 12.0, True, None),
    ]


def test_refunds_are_dated_and_converted_on_their_own_day(dirty: Build):
    # 4 euros on one day; 4 dollars on a day when a dollar was a quarter of a euro.
    assert dirty.work(
        "select event_id, net_revenue_amount::double, event_date "
        "from intermediate.int_revenue_events where order_id = 'naive-winter' "
        "order by occurred_at"
    ) == [
        ("naive-winter", 10.0, date(2024, 1, 15)),
        ("r1", -4.0, date(2024, 1, 20)),
        ("r2", -1.0, date(2024, 2, 20)),
    ]
    assert dirty.marts(
        "select refunded_amount::double, net_revenue_amount::double from fct_orders "
        "where order_id = 'naive-winter'"
    ) == [(5.0, 5.0)]


def test_every_row_is_accounted_for(dirty: Build):
    rows = {row[0]: row[1:] for row in dirty.marts("from row_reconciliation")}
    assert len(rows) == 23
    # raw, accepted, duplicate, quarantined, erased; counted by hand above
    n_good = sum(expected[0].isdigit() for *_, expected in ORDERS)
    n_bad = len(ORDERS) - n_good
    assert rows["orders"] == (len(ORDERS) + 13, n_good + 3, 1, n_bad + 7, 2)
    assert rows["refunds"] == (6, 2, 0, 3, 1)
    assert rows["customers"] == (5, 2, 1, 1, 1)
    assert rows["web_events"] == (10, 5, 1, 1, 3)
    assert rows["erasure_requests"] == (2, 0, 0, 1, 1)
    assert rows["exchange_rates"] == (3, 2, 0, 1, 0)
    assert rows["products"] == (0, 0, 0, 0, 0)


def test_unreadable_options_become_null_and_are_listed(dirty: Build):
    assert sorted(dirty.marts("from unreadable_values")) == [
        ("chat_conversations", "ended_at", 1),
        ("customers", "birth_year,is_employee", 1),
    ]
    assert dirty.marts(
        "select birth_year, is_employee, country from dim_customers "
        "where customer_id = 'bob'"
    ) == [(None, False, "DE")]


def test_the_latest_contact_wins_and_spellings_hash_alike(dirty: Build):
    assert dirty.marts(
        "select country, is_employee from dim_customers where customer_id = 'ann'"
    ) == [("SE", True)]
    hashes = dirty.work(
        "select email_hash, phone_hash, length(email_hash) "
        "from staging.base_crm__customers where customer_id = 'ann'"
    )
    assert len(set(hashes)) == 1
    assert hashes[0][2] == 64


def test_native_types_are_read_as_the_contract_says(dirty: Build):
    # A whole number that came as a float joins; a timestamp without zone is in Berlin;
    # epoch milliseconds are what they are.
    assert dirty.work(
        "select conversation_id, customer_id, cast(started_at as varchar) "
        "from staging.stg_service__chat_conversations order by conversation_id"
    ) == [
        ("c1", "7", "2024-01-15 09:00:00"),
        ("c2", None, "2024-07-15 08:00:00"),
    ]
    assert dirty.work(
        "select distinct cast(occurred_at as varchar) "
        "from staging.stg_web__web_events union all "
        "select cast(occurred_at as varchar) from staging.stg_marketing__messages"
    ) == [("2024-01-15 10:00:00",), ("2024-01-15 10:00:00",)]


def test_an_address_for_a_customer_number_is_hashed(dirty: Build):
    # As if it stood in the column for addresses.
    assert dirty.work(
        "select count(*) from staging.stg_web__web_events as events "
        "inner join staging.stg_crm__customers as customers "
        "on events.customer_id = customers.email_hash where event_id = 'w9'"
    ) == [(1,)]


def test_what_has_not_happened_yet_is_not_known(dirty: Build):
    assert dirty.work(
        "select ended_at, unreadable_columns "
        "from staging.base_service__chat_conversations order by conversation_id"
    ) == [(None, "ended_at"), (None, None)]


def test_no_table_remembers_an_erased_person(dirty: Build):
    # Her devices too, but not the tablet that others use: `eve` and `erased` are in no
    # cell of any table of either database.
    with duckdb.connect(dirty.out / "journey.duckdb") as connection:
        tables = connection.sql(
            "select schema_name || '.' || table_name from duckdb_tables() "
            "where database_name = 'journey'"
        ).fetchall()
        assert len(tables) > 40
        for (table,) in tables:
            cells = connection.sql(
                f"select t::varchar from {table} as t where "
                "regexp_matches(t::varchar, '\\beve\\b|erased-|w[345]\\b')"
            ).fetchall()
            assert cells == [], table
    assert dirty.work(
        "select event_id from staging.stg_web__web_events order by event_id"
    ) == [("w1",), ("w6",), ("w7",), ("w8",), ("w9",)]


@pytest.mark.parametrize("database", ["marts.duckdb", "journey.duckdb"])
@pytest.mark.parametrize("canary", ["canary-mail", "Canary words", "1234567"])
def test_no_database_holds_personal_text(dirty: Build, database, canary):
    # page_url is no personal column: there an address may stand, in staging only.
    with duckdb.connect(dirty.out / database) as connection:
        name = database.removesuffix(".duckdb")
        for schema, table in connection.sql(
            "select schema_name, table_name from duckdb_tables() "
            f"where database_name = '{name}'"
        ).fetchall():
            text = "t" if table != "base_web__web_events" else "{'a': 0}"
            found = connection.sql(
                f"select count(*) from {schema}.{table} as t "
                f"where contains(({text})::varchar, '{canary}')"
            ).fetchall()
            assert found == [(0,)], table


def test_the_salt_is_in_no_file_that_dbt_writes(dirty: Build):
    salt = (dirty.out / ".pii_salt").read_text()
    assert len(salt) == 64
    for folder in ("target", "logs"):
        for path in (dirty.out / folder).rglob("*"):
            if path.is_file():
                assert salt.encode() not in path.read_bytes(), path


def test_the_salt_file_is_private(dirty: Build):
    assert (dirty.out / ".pii_salt").stat().st_mode & 0o777 == 0o600


def test_what_is_quarantined_is_explained_on_screen(dirty: Build):
    assert "unreadable_amount" in dirty.printed
    assert dirty.marts(
        "select count(*) from quarantined_rows where reason_meaning is null"
    ) == [(0,)]
