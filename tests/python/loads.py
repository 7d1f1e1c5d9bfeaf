"""A simulated world, dealt into loads as its systems would deliver it.

The simulator says what happened and when it was received. Here some of it comes several
loads late, twice, or again with another content, and some stories are told on purpose:
a device that is tied to its customer long after its visits, two customers who turn out
to be one and part again, a device that a crowd takes over, an order that moves to
another customer, and people who ask to be forgotten, one of whom leaves a device to
somebody else. A load is a set of new files; no file is ever changed.
"""

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import duckdb
import numpy as np

from journey_clv.simulate.plan import Plan
from journey_clv.simulate.run import append, simulate
from journey_clv.simulate.scenario import load_scenario

# What a load can be, beside one of everything ("ordinary"): one event, weeks later
# ("time"); only tables about no person ("small"); only rows that were delivered before
# ("repeats"); no file at all ("nothing").
SPECIAL = ("time", "small", "repeats", "nothing")
SMALL_TABLES = ("products", "campaigns", "ad_spend", "exchange_rates", "experiments")
DEVICE_TABLES = (
    "orders",
    "web_events",
    "ad_interactions",
    "social_engagements",
    "chat_conversations",
    "experiment_exposures",
)
# This one comes with a later load for the first time.
NEW_TABLE = "sales_activities"
TIME_PASSES_DAYS = 30
FIRST_LOAD_SHARE = 0.55


def random_kinds(n_loads: int, seed: int) -> list[str]:
    """The kinds of the loads after the first: each special one, in random order.

    Between two special ones there is an ordinary one, and the last is ordinary.
    """
    rng = np.random.default_rng(seed)
    special = [*SPECIAL, *rng.choice(SPECIAL, (n_loads - 1) // 3 - len(SPECIAL))]
    kinds = ["ordinary"] * (n_loads - 1)
    for place, kind in zip(
        # Pairs, of which the second one is special at most.
        1 + 2 * np.sort(rng.choice((n_loads - 2) // 2, len(special), replace=False)),
        rng.permutation(special),
        strict=True,
    ):
        kinds[int(place)] = str(kind)
    return kinds


class Loads:
    """The loads of a world: `deliver` them in their order."""

    def __init__(
        self, folder: Path, kinds: list[str], seed: int, customers: int, months: int
    ) -> None:
        """Live the world in `folder`, and deal its rows.

        Args:
            folder: gets the world.
            kinds: of the loads after the first one.
            seed: of the world, and of the dealing.
            customers: people who come by themselves.
            months: how long; the first load has a good half of it.
        """
        self.kinds = ["first", *kinds]
        self.seed = seed
        self.ordinary = [
            number for number, kind in enumerate(self.kinds) if kind == "ordinary"
        ]
        self._live(folder, customers, months)
        self._connection = duckdb.connect()
        self._read(folder / "raw")
        self._correct()
        self._delay()
        self._repeat()
        # Of the first three the stories need more than to be tied late.
        self._private_devices = self._find_private_devices()
        self._join_late()
        self._part()
        self._crowd()
        self._forget()
        self._hold_back_small_tables()
        self._shape()

    def deliver(self, number: int, raw: Path) -> int:
        """Add the files of a load to a folder, and return how many rows they have."""
        n_rows = 0
        for table in self.tables:
            (n_new,) = self._rows(
                f"select count(*) from {table} where load_number = {number}"
            )[0]
            if n_new:
                (raw / table).mkdir(parents=True, exist_ok=True)
                file = raw / table / f"load-{number:02}.parquet"
                self._run(
                    f"copy (select * exclude (load_number, row_key) from {table} "
                    f"where load_number = {number} order by hash(row_key)) to '{file}'"
                )
            n_rows += n_new
        return n_rows

    # The world, and its rows with the load in which they were received

    def _live(self, folder: Path, customers: int, months: int) -> None:
        scenario = load_scenario("shop")
        # In a small world everything that joins people has to happen more often.
        dirt = dataclasses.replace(
            scenario.dirt,
            second_contact=0.2,
            shared_devices=0.1,
            kiosk_visits=0.01,
            erasure_rate=0.00015,
        )
        plan = Plan(
            dataclasses.replace(scenario, dirt=dirt), customers, months, self.seed
        )
        simulate(plan, folder, workers=1, days=int(plan.base_days * FIRST_LOAD_SHARE))
        for days in self._days(plan):
            append(folder, days, workers=1)

    def _days(self, plan: Plan) -> Iterator[int]:
        """Days of the loads after the first: no two alike, and of some kinds many."""
        rng = np.random.default_rng(self.seed)
        days_left = plan.base_days - int(plan.base_days * FIRST_LOAD_SHARE)
        days_left -= TIME_PASSES_DAYS * self.kinds.count("time")
        share = rng.dirichlet(np.full(len(self.kinds) - 1, 3.0))
        for kind, days in zip(self.kinds[1:], share * days_left, strict=True):
            yield TIME_PASSES_DAYS if kind == "time" else max(1, round(days))

    def _run(self, statement: str) -> None:
        self._connection.execute(statement)

    def _rows(self, query: str) -> list[tuple[object, ...]]:
        return self._connection.sql(query).fetchall()

    def _read(self, raw: Path) -> None:
        self._run(
            "create macro chance(story, one) as "
            f"(hash(story, one, {self.seed}) % 1000000) / 1000000.0"
        )
        # The ordinary load that comes at least so many after another, or the last.
        self._run(
            "create macro after(load_number, n) as coalesce(list_min(list_filter("
            f"{self.ordinary}, lambda x: x >= load_number + floor(n))), "
            f"{self.ordinary[-1]})"
        )
        self.tables = sorted(path.name for path in raw.iterdir())
        days = sorted({path.name[6:16] for path in raw.glob("*/until-*.parquet")})
        for table in self.tables:
            self._run(
                f"""
                create table {table} as
                select
                    * exclude (filename, file_row_number),
                    list_position(
                        {days}, substr(parse_filename(filename), 7, 10)
                    ) - 1 as load_number,
                    concat(parse_filename(filename), file_row_number) as row_key
                from read_parquet(
                    '{raw}/{table}/*.parquet',
                    union_by_name = true, filename = true, file_row_number = true
                )
                """
            )

    def _again(
        self, table: str, story: str, changes: dict[str, str], rows: str
    ) -> None:
        """Deliver rows again, with some columns changed."""
        changes = {**changes, "row_key": f"concat('{story}/', row_key)"}
        values = ", ".join(f"{value} as {column}" for column, value in changes.items())
        ((n_rows,),) = self._rows(f"select count(*) from {table} where {rows}")
        assert n_rows, f"The world of seed {self.seed} has no {table} for {story!r}."
        self._run(
            f"insert into {table} by name select * replace ({values}) "
            f"from {table} where {rows}"
        )

    # What every system does

    def _correct(self) -> None:
        """Send a later version of some rows, whose receipt says that it is later."""
        later = "after(load_number, 1 + 4 * chance('when', row_key))"
        received = (
            "strftime(try_cast({0} as timestamp) + interval '30 day', "
            "'%Y-%m-%d %H:%M:%S')"
        )
        self._again(
            "orders",
            "corrected",
            {
                "amount": "cast(try_cast(amount as double) / 2 as varchar)",
                "received_at": received.format("received_at"),
                "load_number": later,
            },
            "chance('corrected', row_key) < 0.04",
        )
        # The other number of a customer who was taken for another.
        self._again(
            "orders",
            "moved",
            {
                "customer_id": "(select min(other.customer_id) from orders as other "
                "where other.customer_id > orders.customer_id)",
                "received_at": received.format("received_at"),
                "load_number": later,
            },
            "chance('moved', row_key) < 0.02",
        )
        self._again(
            "web_events",
            "corrected",
            {
                "customer_id": "null",
                "event_name": "'view_item'",
                "received_at": "'2023-12-31T00:00:00Z'",
                "load_number": later,
            },
            "customer_id is not null and chance('corrected', row_key) < 0.01",
        )
        # Tickets do not say when they were received: the last file counts.
        self._again(
            "support_tickets",
            "corrected",
            {"csat_score": "1.0", "load_number": later},
            "chance('corrected', row_key) < 0.2",
        )

    def _delay(self) -> None:
        """Let some rows come loads later, whatever they belong to."""
        for table in self.tables:
            if table not in SMALL_TABLES:
                self._run(
                    f"update {table} set load_number = "
                    "after(load_number, 1 + 6 * chance('by', row_key)) "
                    "where chance('late', row_key) < 0.06"
                )

    def _repeat(self) -> None:
        later = "after(load_number, 1 + 4 * chance('again', row_key))"
        for table in DEVICE_TABLES:
            chosen = "chance('repeated', row_key) < 0.05"
            self._again(table, "repeated", {"load_number": later}, chosen)

    # What happens to some people

    def _find_private_devices(self) -> list[tuple[str, str]]:
        """Find devices that one customer only ever used, who browsed unnamed too.

        First those of customers who have ordered by the first load.
        """
        pairs = " union ".join(
            f"select anonymous_id, customer_id from {table}" for table in DEVICE_TABLES
        )
        return [
            (str(device), str(customer))
            for device, customer in self._rows(
                f"""
                select anonymous_id, min(customer_id)
                from ({pairs})
                where
                    starts_with(anonymous_id, 'dev_')
                    and anonymous_id in (
                        select anonymous_id from web_events
                        where customer_id is null and load_number = 0
                        group by anonymous_id having count(*) > 2
                    )
                group by anonymous_id
                having count(distinct customer_id) = 1
                order by
                    min(customer_id) not in (
                        select customer_id from orders
                        where customer_id is not null and load_number = 0
                    ),
                    chance('device', anonymous_id),
                    anonymous_id
                """
            )
        ]

    def _join_late(self) -> None:
        """Hold back what ties devices, and second contacts, to their customers."""
        for device, _ in self._private_devices[3:15]:
            for table in DEVICE_TABLES:
                self._run(
                    f"update {table} set load_number = greatest(load_number, "
                    f"after(0, 1 + {len(self.kinds)} * chance('tied', '{device}'))) "
                    f"where anonymous_id = '{device}' and customer_id is not null"
                )
        self._run(
            "update customers set load_number = after(load_number, "
            f"1 + {len(self.kinds) / 2} * chance('joined', customer_id)) "
            "where phone in (select phone from customers group by phone "
            "having count(distinct customer_id) > 1)"
        )

    def _part(self) -> None:
        """Give a contact whose address was another's too one of its own."""
        self._again(
            "customers",
            "parted",
            {
                "email": "concat('parted-', customer_id, '@mail.example')",
                "phone": "null",
                "updated_at": "'2023-12-31 00:00:00'",
                "load_number": "after(load_number, 2)",
            },
            "email in (select email from customers group by email "
            "having count(distinct customer_id) > 1) and chance('part', email) < 0.5",
        )

    def _crowd(self) -> None:
        """Let ever more customers visit on the device of one."""
        device, _ = self._private_devices[0]
        n_loads = len(self.kinds) / 2
        self._again(
            "web_events",
            "crowd",
            {
                "event_id": "concat('evt_crowd_', row_key)",
                "anonymous_id": f"'{device}'",
                "load_number": f"after(1, {n_loads} * chance('crowd', customer_id))",
            },
            "row_key in (select max(row_key) from web_events where load_number = 0 "
            "and customer_id is not null and chance('crowded', customer_id) < 0.7 "
            "group by customer_id)",
        )

    def _forget(self) -> None:
        """Erase people; the device of one, and an order's number, are used again.

        Each is released by that: it was nobody else's before. The one who used them
        is erased last, and four others on the way, who may release shared devices too.
        """
        (_, other), (device, customer) = self._private_devices[1:3]
        middle = self.ordinary[len(self.ordinary) // 2]
        self._erase(customer, self.ordinary[0])
        self._again(
            "web_events",
            "released",
            {
                "event_id": "concat('evt_released_', row_key)",
                "customer_id": f"'{other}'",
                "load_number": str(middle),
            },
            "row_key = (select max(row_key) from web_events where load_number = 0 "
            f"and anonymous_id = '{device}' and customer_id is null)",
        )
        self._again(
            "orders",
            "released",
            {
                "customer_id": f"'{other}'",
                "load_number": str(middle),
                "received_at": "'2023-12-31 00:00:00'",
            },
            f"customer_id = '{customer}' and load_number <= {middle}",
        )
        self._erase(other, self.ordinary[-1])
        for (again,) in self._rows(
            "select customer_id from customers where customer_id is not null "
            f"and customer_id not in ('{customer}', '{other}') "
            "group by customer_id order by chance('erased', customer_id) limit 4"
        ):
            ((at,),) = self._rows(
                f"select after(1, {len(self.kinds)} * chance('erased_at', '{again}'))"
            )
            self._erase(str(again), int(str(at)))

    def _erase(self, customer: str, load_number: int) -> None:
        self._run(
            "insert into erasure_requests by name select "
            f"'{customer}' as customer_id, '2022-12-31 00:00:00' as requested_at, "
            f"{load_number} as load_number, 'erased/{customer}' as row_key"
        )

    # Loads that are not like the others

    def _hold_back_small_tables(self) -> None:
        """Let rates, costs and the names of channels change after they were used."""
        small = self.kinds.index("small") if "small" in self.kinds else 0
        if small:
            self._run(
                f"update exchange_rates set load_number = {small} "
                "where load_number = 0 and month(rate_date) = 3"
            )
            for table, changes, rows in (
                ("exchange_rates", {"rate": "rate * 1.5"}, "day(rate_date) = 2"),
                ("products", {"unit_cost": "unit_cost * 2"}, "true"),
                ("campaigns", {"channel": "'renamed'"}, "campaign_id like 'mail%'"),
                ("campaigns", {"channel": "null"}, "campaign_id not like 'mail%'"),
            ):
                self._again(
                    table,
                    "changed",
                    {**changes, "load_number": str(small)},
                    f"{rows} and load_number = 0 and chance('small', row_key) < 0.3",
                )
        self._run(
            f"update {NEW_TABLE} set load_number = "
            f"greatest(load_number, {self.ordinary[len(self.ordinary) // 2]})"
        )

    def _shape(self) -> None:
        """Leave in the special loads only what they are for."""
        for number, kind in enumerate(self.kinds):
            if kind not in SPECIAL:
                continue
            stays = "false"
            if kind == "time":
                stays = f"row_key = ({self._last_visit(number)})"
            for table in self.tables:
                if kind == "small" and table in SMALL_TABLES:
                    continue
                here = stays if table == "web_events" else "false"
                self._run(
                    f"update {table} set load_number = after({number}, 1) "
                    f"where load_number = {number} and not ({here})"
                )
            if kind == "repeats":
                for table in ("orders", "customers", "web_events", "messages"):
                    self._again(
                        table,
                        f"repeats-{number}",
                        {"load_number": str(number)},
                        f"load_number < {number} and chance({number}, row_key) < 0.1",
                    )

    def _last_visit(self, number: int) -> str:
        return (
            f"select row_key from web_events where load_number = {number} "
            "and customer_id is not null and try_cast(occurred_at as timestamptz) "
            "< timestamptz '2024-01-01 00:00:00Z' and starts_with(event_id, 'evt_') "
            "order by try_cast(occurred_at as timestamptz) desc, row_key "
            "limit 1"
        )
