"""Simulate a world into a folder, and continue it there.

The folder gets `raw/<table>/…` for the pipeline and `truth/<table>/…` beside it, a
Parquet file per table, window and chunk of people. A window is a time of receipt:
the base period, then each append. To append, the world is lived again from its first
day, which costs less than to keep its state, and only what the window receives is
written; so a world in steps is the world at once.
"""

import dataclasses
import datetime
import multiprocessing
import os
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from journey_clv.simulate import facts
from journey_clv.simulate.columns import digits, hex_ids, names, numbers, times
from journey_clv.simulate.dirt import deliver, reason_names, spoil
from journey_clv.simulate.draws import Ints
from journey_clv.simulate.exports import TAGS, Exporter, RawTable, staff_keys
from journey_clv.simulate.plan import CURRENCIES, DAY_MS, Plan
from journey_clv.simulate.scenario import Scenario, build_scenario, kind_and_rule
from journey_clv.simulate.truth import (
    contributions,
    person_ids,
    stamps,
    truth_tables,
)
from journey_clv.simulate.world import (
    CampaignCodes,
    World,
    cause_names,
    is_mail_day,
)

MANIFEST = Path("truth", "simulation.yml")
ASIDE = ".partial"
# Rows that are rendered at once, a row group of the file.
SLICE = 100_000
# The flaw of a time that is to come lies in 2098.
LAST_YEAR = 2090

# Whose rows are interactions.
EVENT_TABLES = {
    "orders",
    "refunds",
    "web_events",
    "messages",
    "ad_interactions",
    "social_engagements",
    "sales_activities",
    "support_tickets",
    "chat_conversations",
    "survey_responses",
    "reviews",
    "referrals",
    "loyalty_events",
}

Watch = Callable[[float], None]


class SimulationError(ValueError):
    """What was asked for cannot be simulated; the message is a sentence."""


@dataclass(frozen=True)
class Window:
    """Rows received from one day to before another; the first begins at no time."""

    from_day: int
    to_day: int

    @property
    def is_base(self) -> bool:
        """Whether it is the world's first window."""
        return self.from_day == 0


@dataclass
class ChunkReport:
    """What a chunk adds up to. The arrays are by day of the window and channel."""

    interactions: int
    impressions: Ints
    clicks: Ints
    orders: Ints
    cents: Ints


def simulate(
    plan: Plan,
    out: Path,
    workers: int | None = None,
    watch: Watch | None = None,
    days: int | None = None,
) -> int:
    """Write a world to a new folder: whole, or not at all.

    Args:
        plan: the world.
        out: the folder; it must hold neither raw nor truth yet.
        workers: processes, by default one per processor.
        watch: told from time to time what share of the work is done.
        days: how far, by default to the end of the base period.

    Returns:
        How many interactions were written: rows of the tables of events.

    Raises:
        SimulationError: the plan cannot be simulated.
        FileExistsError: `out` has a folder raw or truth already.
    """
    to_day = plan.base_days if days is None else days
    check_plan(plan, to_day)
    for path in world_folders(out):
        if path.exists():
            raise FileExistsError(f"{path} is there already")
    return _simulate_window(plan, Window(0, to_day), out, workers, watch)


def append(
    out: Path, days: int, workers: int | None = None, watch: Watch | None = None
) -> int:
    """Continue the world of a folder by some days, into new files.

    Raises:
        SimulationError: there is no world in the folder, or no more time.
    """
    plan, done = read_manifest(out)
    if days < 1:
        raise SimulationError(f"A world goes on by one day or more, not by {days}.")
    check_plan(plan, done + days)
    return _simulate_window(plan, Window(done, done + days), out, workers, watch)


def world_folders(out: Path) -> tuple[Path, Path]:
    """Return the two folders of a world: what the pipeline reads, and the truth."""
    return out / "raw", out / "truth"


def read_manifest(out: Path) -> tuple[Plan, int]:
    """Return the plan of a folder's world, and how many days of it there are.

    Raises:
        SimulationError: the folder holds no world.
    """
    path = out / MANIFEST
    try:
        values = yaml.safe_load(path.read_text("utf-8"))
        scenario = build_scenario(values["scenario"], path.name)
        plan = Plan(scenario, values["customers"], values["months"], values["seed"])
        return plan, int(values["days"])
    except (OSError, yaml.YAMLError, TypeError, KeyError) as error:
        raise SimulationError(
            f"{out} holds no simulated world: {MANIFEST} is missing or broken."
        ) from error


def check_plan(plan: Plan, to_day: int) -> None:
    """Raise a SimulationError where a plan cannot be simulated up to a day."""
    if plan.customers < 1:
        raise SimulationError(f"customers must be 1 or more, not {plan.customers}.")
    if plan.months < 1:
        raise SimulationError(f"months must be 1 or more, not {plan.months}.")
    if plan.start_ms < 0 or (
        plan.start.toordinal() + to_day > datetime.date(LAST_YEAR, 1, 1).toordinal()
    ):
        raise SimulationError(f"A world lies between 1970 and {LAST_YEAR}.")


def _simulate_window(
    plan: Plan, window: Window, out: Path, workers: int | None, watch: Watch | None
) -> int:
    """Write a window's files aside, and move them in when all are there."""
    out.mkdir(parents=True, exist_ok=True)
    aside = out / ASIDE
    shutil.rmtree(aside, ignore_errors=True)  # what a killed run left
    aside.mkdir()
    try:
        reports = list(_chunks(plan, window, aside, workers, watch))
        _write_shared(plan, window, aside, reports)
        _move_in(aside, out)
        _write_manifest(plan, window.to_day, out)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return sum(report.interactions for report in reports)


def _chunks(
    plan: Plan, window: Window, folder: Path, workers: int | None, watch: Watch | None
) -> Iterator[ChunkReport]:
    """Run the chunks, in this process or in several; reports come in their order."""
    n = plan.n_chunks
    workers = min(workers or os.cpu_count() or 1, n)
    tell = watch or (lambda share: None)
    if workers == 1:
        for chunk in range(n):
            part = partial(_tell_part, tell, chunk, n)
            yield run_chunk(plan, chunk, window, folder, part)
        return
    # A fresh interpreter each: threads of this one do not survive a fork.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        futures = [
            pool.submit(run_chunk, plan, chunk, window, folder) for chunk in range(n)
        ]
        for number, future in enumerate(futures):
            yield future.result()
            tell((number + 1) / n)


def _tell_part(tell: Watch, chunk: int, n: int, share: float) -> None:
    tell((chunk + share) / n)


def run_chunk(
    plan: Plan, chunk: int, window: Window, folder: Path, watch: Watch | None = None
) -> ChunkReport:
    """Live a chunk's world, and write what a window receives of it."""
    world = World(plan, chunk, window.to_day)
    world.run(watch)
    from_ms = -(2**62) if window.is_base else plan.ms(window.from_day)
    to_ms = plan.ms(window.to_day)
    # What comes late in the window happened before it; a day more for visits that
    # cross midnight, and mails that are opened the next day.
    late_ms = int((plan.scenario.dirt.late_row_days + 2) * DAY_MS)
    exporter = Exporter(world, max(from_ms, late_ms) - late_ms)
    writer = _ChunkWriter(plan, chunk, window, folder)
    interactions = 0
    for table in exporter.tables():
        rows = writer.write_raw(table, world, from_ms, to_ms)
        interactions += rows if table.name in EVENT_TABLES else 0
    writer.write_flawed()
    for name, columns in truth_tables(exporter, from_ms, to_ms).items():
        writer.write_truth(name, columns)
    added = contributions(exporter, from_ms, to_ms)
    impressions, clicks = _ad_counts(exporter, window)
    return ChunkReport(
        interactions, impressions, clicks, added["orders"], added["cents"]
    )


class _ChunkWriter:
    """Writes the files of a chunk and window, and keeps what is wrong with rows."""

    def __init__(self, plan: Plan, chunk: int, window: Window, folder: Path) -> None:
        self.plan = plan
        self.folder = folder
        self.always = chunk == 0
        self.file = f"until-{plan.date(window.to_day)}-part-{chunk:05d}.parquet"
        self.flawed: list[dict[str, pa.Array]] = []
        self.repeated: list[dict[str, pa.Array]] = []

    def write_raw(self, table: RawTable, world: World, from_ms: int, to_ms: int) -> int:
        """Write what a window receives of a raw table, and return the rows."""
        delivery = deliver(self.plan, table, from_ms, to_ms)
        total = len(delivery.rows)
        if not total and not self.always:
            return 0
        path = self.folder / "raw" / table.name / self.file
        reasons = reason_names(table.name)
        with _Parquet(path) as parquet:
            for start in range(0, max(total, 1), SLICE):
                part = slice(start, start + SLICE)
                rows = delivery.rows[part]
                columns = table.render(rows, delivery.received[part])
                ids = columns[table.id_column]
                columns = spoil(table.name, columns, delivery.flaws[part])
                parquet.write(columns)
                reason, person = delivery.reasons[part], table.person[rows]
                bad = np.flatnonzero(reason >= 0)
                repeats = delivery.is_copy[part] | table.is_again[rows]
                again = np.flatnonzero(repeats & (reason < 0))
                self.flawed.append(
                    {
                        **self._where(table.name, world, bad, start, ids, person),
                        "reason": names(reasons, reason[bad]),
                    }
                )
                self.repeated.append(
                    {
                        **self._where(table.name, world, again, start, ids, person),
                        "is_copy": numbers(delivery.is_copy[part][again]),
                    }
                )
        return total

    def write_flawed(self) -> None:
        """Write which raw rows must be rejected, and which repeat a row before."""
        for name, parts in (
            ("malformed_rows", self.flawed),
            ("repeated_rows", self.repeated),
        ):
            if parts:
                self.write_truth(
                    name,
                    {
                        column: pa.concat_arrays([part[column] for part in parts])
                        for column in parts[0]
                    },
                )

    def write_truth(self, name: str, columns: dict[str, pa.Array]) -> None:
        """Write a table of the truth."""
        if self.always or len(next(iter(columns.values()))):
            with _Parquet(self.folder / "truth" / name / self.file) as parquet:
                parquet.write(columns)

    def _where(
        self,
        table: str,
        world: World,
        at: Ints,
        start: int,
        ids: pa.Array,
        person: Ints,
    ) -> dict[str, pa.Array]:
        n = len(at)
        return {
            "table_name": pa.array([table] * n, type=pa.string()),
            "source_file": pa.array([f"{table}/{self.file}"] * n, type=pa.string()),
            "row_number": numbers(at + start),
            "row_id": ids.take(pa.array(at)),
            "person_id": person_ids(world, person[at]),
        }


class _Parquet:
    """A Parquet file of one writer's settings; nothing in it tells when it was made."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.writer: pq.ParquetWriter | None = None

    def __enter__(self) -> "_Parquet":
        self.path.parent.mkdir(parents=True, exist_ok=True)
        return self

    def write(self, columns: dict[str, pa.Array]) -> None:
        """Write a row group."""
        batch = pa.table(columns)
        if self.writer is None:
            self.writer = pq.ParquetWriter(
                self.path, batch.schema, compression="snappy", store_schema=False
            )
        self.writer.write_table(batch, row_group_size=SLICE)

    def __exit__(self, *error: object) -> None:
        if self.writer is not None:
            self.writer.close()


# What is nobody's


def _ad_counts(exporter: Exporter, window: Window) -> tuple[Ints, Ints]:
    """Count ads seen and clicked, by day of the window and channel."""
    channels = list(exporter.plan.scenario.channels.values())
    days = window.to_day - window.from_day

    def count(ms: Ints, channel: Ints) -> Ints:
        day = (ms - exporter.plan.ms(window.from_day)) // DAY_MS
        inside = (day >= 0) & (day < days) & (channel < len(channels))
        cell = day[inside] * len(channels) + channel[inside]
        counts = np.bincount(cell, minlength=days * len(channels))
        return counts.reshape(days, len(channels)).astype(np.int64)

    visits, ads = exporter.visits, exporter.ads
    paid = np.array([channel.is_paid for channel in channels])
    clicks = count(visits["ms"], visits["entry"].astype(np.int64)) * paid
    return count(ads["ms"], ads["channel"].astype(np.int64)) + clicks, clicks


def _write_shared(
    plan: Plan, window: Window, folder: Path, reports: list[ChunkReport]
) -> None:
    """Write the tables that are about no person, and the true sizes of causes."""
    file = f"until-{plan.date(window.to_day)}-shared.parquet"

    def write(part: str, name: str, columns: dict[str, pa.Array]) -> None:
        if len(next(iter(columns.values()))):
            with _Parquet(folder / part / name / file) as parquet:
                parquet.write(columns)

    if window.is_base:
        write("raw", "products", _products(plan))
        write("raw", "experiments", _experiments(plan))
        write("raw", "customers", _staff(plan))
        write("truth", "effects", _effects(plan.scenario))
    write("raw", "campaigns", _campaigns(plan, window))
    write("raw", "exchange_rates", _exchange_rates(plan, window))
    write("raw", "ad_spend", _ad_spend(plan, window, reports))
    write(
        "truth",
        "contributions",
        {
            "from_day": pa.array([plan.date(window.from_day)] * _n_causes(plan)),
            "to_day": pa.array([plan.date(window.to_day)] * _n_causes(plan)),
            "cause": pa.array(cause_names(plan), type=pa.string()),
            "orders": numbers(np.sum([r.orders for r in reports], axis=0)),
            "net_revenue": numbers(np.sum([r.cents for r in reports], axis=0) / 100),
        },
    )


def _n_causes(plan: Plan) -> int:
    return len(cause_names(plan))


def _products(plan: Plan) -> dict[str, pa.Array]:
    prices, costs = facts.catalogue(plan)
    number = np.arange(len(prices))
    categories = ("kitchen", "textiles", "lighting", "garden", "storage", "decor")
    category = [categories[i % len(categories)] for i in range(len(prices))]
    return {
        "product_id": digits("SKU-", number, 5),
        "name": pa.array([f"{word.title()} {i}" for i, word in enumerate(category)]),
        "category": pa.array(category),
        "unit_cost": numbers(costs / 100),
    }


def _experiments(plan: Plan) -> dict[str, pa.Array]:
    experiments = plan.scenario.experiments
    text = pa.string()
    each = experiments.values()
    return {
        "experiment_id": pa.array(list(experiments), type=text),
        "name": pa.array([name.replace("_", " ") for name in experiments], type=text),
        "hypothesis": pa.array([one.hypothesis for one in each], type=text),
        "control_variant": pa.array(["control"] * len(experiments), type=text),
        "traffic_split": pa.array(
            [
                f"control:{1 - one.planned_share:g},treatment:{one.planned_share:g}"
                for one in each
            ],
            type=text,
        ),
        "started_at": times(np.array([plan.ms(e.from_day) for e in each], np.int64)),
        "ended_at": times(
            np.array([plan.ms(e.from_day + e.days) for e in each], np.int64)
        ),
        "primary_metric": pa.array(
            [
                "orders_per_customer" if one.target == "purchase_rate" else "conversion"
                for one in each
            ],
            type=text,
        ),
        "stage": pa.array(
            [
                "retention" if one.target == "purchase_rate" else "purchase"
                for one in each
            ],
            type=text,
        ),
        # The others work through no touchpoint alone.
        "touchpoint": pa.array(
            [
                "payment_failed" if one.target == "payment_failure" else None
                for one in each
            ],
            type=text,
        ),
    }


def _staff(plan: Plan) -> dict[str, pa.Array]:
    """The contacts of those who try the shop."""
    keys = staff_keys(plan)
    opened = times(np.full(len(keys), plan.start_ms))
    return {
        "customer_id": hex_ids("cus_", keys),
        "email": hex_ids("", plan.draws.keys("email", keys), suffix="@shop.example"),
        "created_at": opened,
        "is_employee": numbers(np.ones(len(keys), dtype=np.bool_)),
        "updated_at": opened,
    }


def _effects(scenario: Scenario) -> dict[str, pa.Array]:
    """Every parameter with its value, as the truth behind what is estimated."""
    rows: list[tuple[str, str, str]] = []

    def walk(values: Any, where: str) -> None:
        for entry in dataclasses.fields(values):
            value, name = getattr(values, entry.name), f"{where}{entry.name}"
            if dataclasses.is_dataclass(value):
                walk(value, f"{name}.")
            elif isinstance(value, dict) and any(
                dataclasses.is_dataclass(part) for part in value.values()
            ):
                for key, part in value.items():
                    walk(part, f"{name}.{key}.")
            else:
                rows.append((name, str(value), kind_and_rule(entry)[1].what))

    walk(scenario, "")
    parameter, value, meaning = zip(*rows, strict=True)
    return {
        "parameter": pa.array(parameter),
        "value": pa.array(value),
        "meaning": pa.array(meaning),
    }


def _campaigns(plan: Plan, window: Window) -> dict[str, pa.Array]:
    """Campaigns that are planned in the window: ads by quarter, mails by day."""
    codes, causes = CampaignCodes(plan), plan.scenario.causes
    rows: list[tuple[str, str, str, str, int, int | None, str | None]] = []
    if window.is_base:
        rows.append(
            ("personal", "Personal mail", "email", "retention", 0, None, "personal")
        )
    percent = f"{causes.coupon_discount:.0%}_off".replace("%", "_percent")
    for day in range(window.from_day, window.to_day):
        date = plan.date(day)
        if day == 0 or (date.day == 1 and date.month % 3 == 1):
            ends = next(
                later
                for later in range(day + 1, day + 94)
                if plan.date(later).day == 1 and plan.date(later).month % 3 == 1
            )
            for number, (name, channel) in enumerate(plan.scenario.channels.items()):
                if channel.is_paid:
                    code = codes.name(int(codes.ads(np.array([number]), day)[0]))
                    rows.append(
                        (
                            code,
                            code.replace("_", " "),
                            name,
                            "acquisition",
                            day,
                            ends,
                            None,
                        )
                    )
        campaign, coupon = is_mail_day(plan, day)
        if campaign or coupon:
            rows.append(
                (
                    codes.name(codes.mail(day)),
                    f"Mail of {date}",
                    "email",
                    "retention",
                    day,
                    day + 1 + causes.mail_days,
                    percent if coupon else None,
                )
            )
    ids, titles, channels, objectives, starts, ends_, offers = [
        list(column) for column in zip(*rows, strict=True)
    ] or [[]] * 7
    ends_ms = np.array([plan.ms(end) if end else 0 for end in ends_], dtype=np.int64)
    text = pa.string()
    return {
        "campaign_id": pa.array(ids, type=text),
        "name": pa.array(titles, type=text),
        "channel": pa.array(channels, type=text),
        "objective": pa.array(objectives, type=text),
        "started_at": times(np.array([plan.ms(s) for s in starts], dtype=np.int64)),
        "ended_at": stamps(np.where(ends_ms > 0, ends_ms, 2**62)).cast(text),
        "offer": pa.array(offers, type=text),
    }


def _exchange_rates(plan: Plan, window: Window) -> dict[str, pa.Array]:
    """The rates of working days, and of the first one."""
    days = [
        day
        for day in range(window.from_day, window.to_day)
        if day == 0 or plan.date(day).weekday() < 5
    ]
    rates = plan.exchange_rates(window.to_day)
    return {
        "rate_date": pa.array(
            [plan.date(day) for day in days] * len(CURRENCIES), type=pa.date32()
        ),
        "currency": pa.array(np.repeat(CURRENCIES, len(days)), type=pa.string()),
        "rate": numbers(np.concatenate([rates[c][days] for c in CURRENCIES])),
    }


def _ad_spend(
    plan: Plan, window: Window, reports: list[ChunkReport]
) -> dict[str, pa.Array]:
    """What each paid channel cost a day; the second one is billed in euros.

    Clicks at their price, which varies by day, and two per thousand ads seen.
    """
    impressions = np.sum([report.impressions for report in reports], axis=0)
    clicks = np.sum([report.clicks for report in reports], axis=0)
    day, channel = np.nonzero(impressions)
    codes, channels = CampaignCodes(plan), plan.scenario.channels
    platforms = [TAGS.get(name, (None, None, name, None))[2] for name in channels]
    in_euros = channel == 1
    price = np.array([entry.cost_per_click for entry in channels.values()])
    days = (day + window.from_day).astype(np.uint64)
    varied = 0.9 + 0.2 * plan.draws.uniform("click_price", days)
    cost = clicks[day, channel] * price[channel] * varied
    cost += 0.002 * impressions[day, channel]
    euro = plan.exchange_rates(window.to_day)["EUR"][days.astype(np.int64)]
    cost = np.round(np.where(in_euros, cost / euro, cost), 2)
    code = [
        codes.name(int(codes.ads(np.array([c]), int(d))[0]))
        for d, c in zip(days, channel, strict=True)
    ]
    return {
        "spend_date": pa.array([plan.date(int(d)) for d in days], type=pa.date32()),
        "platform": pa.array([platforms[c] for c in channel], type=pa.string()),
        "campaign_id": pa.array(code, type=pa.string()),
        "cost": numbers(cost),
        "impressions": numbers(impressions[day, channel]),
        "clicks": numbers(clicks[day, channel]),
        "currency": names(("USD", "EUR"), in_euros.astype(np.int64)),
    }


# Files


def _move_in(aside: Path, out: Path) -> None:
    for path in sorted(aside.rglob("*.parquet")):
        target = out / path.relative_to(aside)
        target.parent.mkdir(parents=True, exist_ok=True)
        path.replace(target)


def _write_manifest(plan: Plan, days: int, out: Path) -> None:
    path = out / MANIFEST
    path.parent.mkdir(parents=True, exist_ok=True)
    values = {
        "seed": plan.seed,
        "customers": plan.customers,
        "months": plan.months,
        "days": days,
        "scenario": dataclasses.asdict(plan.scenario),
    }
    aside = path.with_suffix(".partial")
    aside.write_text(yaml.safe_dump(values, sort_keys=False), "utf-8")
    aside.replace(path)
