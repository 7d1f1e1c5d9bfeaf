"""The journey's central tables made straight from a simulated world.

No files, no dbt and no dirt: worlds for tests that need many of them.
"""

from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from journey_clv.simulate import facts
from journey_clv.simulate.exports import Exporter
from journey_clv.simulate.plan import Plan
from journey_clv.simulate.stages import STAGE_NAMES, spells
from journey_clv.simulate.world import NEVER, UNRESOLVED, World

PAGES = (
    "page_viewed", "product_searched", "product_viewed", "wishlist_added",
    "cart_added", "checkout_started", "payment_failed", "order_confirmed",
)  # fmt: skip
# The planted non-cause, which the shop cannot tell from other paid clicks, as a
# touchpoint of its own.
NON_CAUSE = "brand_ad_clicked"
HOUR_MS = 3_600_000


class _Contacts:
    """Contacts of all kinds, in one form."""

    def __init__(self) -> None:
        self.parts: list[dict[str, Any]] = []

    def add(self, touchpoint: str, rows: Any, which: Any = None, **other: Any) -> None:
        """Add rows that have a person and an instant."""
        chosen = slice(None) if which is None else which
        person = rows["person"][chosen].astype(np.int64)
        ms = other.get("ms", rows["ms"])[chosen] + other.get("later_ms", 0)
        n = len(person)
        self.parts.append(
            {
                "person": person,
                "ms": ms,
                "touchpoint": np.full(n, touchpoint, dtype=object),
                "channel": other["channel"][chosen]
                if "channel" in other
                else np.full(n, None, dtype=object),
                "source": np.full(n, other.get("source", "any"), dtype=object),
                "amount": other["amount"][chosen] if "amount" in other else np.zeros(n),
            }
        )

    def table(self, end_ms: int) -> pa.Table:
        columns = {
            name: np.concatenate([part[name] for part in self.parts])
            for name in self.parts[0]
        }
        keep = columns["ms"] < end_ms
        text = pa.string()
        return pa.table(
            {
                "person": columns["person"][keep],
                "occurred_at": pa.array(columns["ms"][keep], pa.timestamp("ms")),
                "touchpoint": pa.array(columns["touchpoint"][keep], text),
                "channel": pa.array(columns["channel"][keep], text),
                "source": pa.array(columns["source"][keep], text),
                "amount": columns["amount"][keep],
            }
        )


def contacts_of(world: World, exporter: Exporter, end_ms: int) -> pa.Table:
    """Every contact of a world before an instant, as the pipeline names it."""
    found = _Contacts()
    visits, orders = world.log.table("visits"), world.log.table("orders")
    channels = list(world.scenario.channels)
    entry = np.array([*channels, "email", "referral"], dtype=object)[visits["entry"]]

    events = facts.page_events(world, visits)
    _, first = np.unique(
        events["visit"].astype(np.int64) * len(PAGES) + events["kind"],
        return_index=True,
    )
    visit, kind = events["visit"][first], events["kind"][first]
    pages = {"person": visits["person"][visit], "ms": events["ms"][first]}
    for number, touchpoint in enumerate(PAGES):
        found.add(touchpoint, pages, kind == number, channel=entry[visit])
    brand = visits["entry"] == channels.index("brand_search")
    found.add(NON_CAUSE, visits, brand, channel=entry)

    ads, mails = world.log.table("ads"), world.log.table("mails")
    found.add("ad_clicked", ads, ads["clicked"])
    for step in ("clicked", "unsubscribed"):
        name = f"message_{step}" if step == "clicked" else step
        found.add(name, mails, mails[step], later_ms=45 * 60_000)

    cancelled = orders["is_cancelled"]
    amounts = exporter.amounts
    net = (amounts["goods"] - amounts["discount"]) * amounts["rate"] / 100
    found.add("order_placed", orders, ~cancelled, amount=net)
    found.add("order_failed", orders, cancelled)

    asked = orders["ticket_ms"] < NEVER
    about = world.draws.integers(
        "category", world.draws.keys("ticket-key", orders["key"]), 4
    )
    is_delivery = orders["is_late"] | (about == 0)
    opened = orders["ticket_ms"]
    found.add("ticket_delivery", orders, asked & is_delivery, ms=opened)
    found.add("ticket_opened", orders, asked & ~is_delivery, ms=opened)
    slow = asked & orders["is_slow"]
    found.add("ticket_overdue", orders, slow, ms=opened, later_ms=24 * HOUR_MS)

    begun, chat = orders["chat_ms"], orders["chat"]
    found.add("chat_started", orders, chat > 0, ms=begun)
    lost = chat == UNRESOLVED
    found.add("chat_unresolved", orders, lost, ms=begun, later_ms=HOUR_MS // 3)

    stars = exporter.reviews["rating"]
    found.add("review_positive", exporter.reviews, stars >= 4)
    found.add("review_negative", exporter.reviews, stars <= 2)
    found.add("survey_answered", exporter.surveys)
    found.add("social_engaged", exporter.social, source="social_engagements")
    refunds = exporter.refunds
    paid_back = {"person": orders["person"][refunds["order"]], "ms": refunds["ms"]}
    found.add("refund_paid", paid_back)
    found.add("referral_made", world.log.table("referrals"))
    return found.table(end_ms)


def spells_of(world: World, exporter: Exporter, end_ms: int) -> pa.Table:
    """The true spells of a world at an instant."""
    rows = spells(world, exporter, end_ms)
    names = np.array(STAGE_NAMES, dtype=object)
    exited = rows["exited_ms"]
    return pa.table(
        {
            "person": rows["person"].astype(np.int64),
            "cycle_number": rows["cycle"],
            "stage": pa.array(names[rows["stage"]], pa.string()),
            "entered_at": pa.array(rows["entered_ms"], pa.timestamp("ms")),
            "exited_at": pa.array(exited, pa.timestamp("ms"), mask=exited == NEVER),
        }
    )


def exposures_of(world: World, end_ms: int) -> pa.Table:
    """Who was put in which variant of which experiment before an instant."""
    rows = world.log.table("exposures")
    keep = rows["ms"] < end_ms
    experiments = np.array([*world.scenario.experiments, ""], dtype=object)
    variants = np.array(["control", "treatment"], dtype=object)
    return pa.table(
        {
            "person": rows["person"][keep].astype(np.int64),
            "experiment_id": pa.array(experiments[rows["experiment"][keep]]),
            "variant": pa.array(variants[rows["variant"][keep]], pa.string()),
            "exposed_at": pa.array(rows["ms"][keep], pa.timestamp("ms")),
        }
    )


def load_spine(connection: duckdb.DuckDBPyConnection, plan: Plan, seeds: str) -> None:
    """Live a world of one chunk, and make its central tables in a database.

    `seeds` is the folder with the taxonomy of touchpoints.
    """
    assert plan.n_chunks == 1
    world = World(plan, 0, plan.base_days)
    world.run()
    exporter = Exporter(world, -(2**62))
    end_ms = plan.ms(plan.base_days)
    connection.register("contacts", contacts_of(world, exporter, end_ms))
    connection.register("true_spells", spells_of(world, exporter, end_ms))
    connection.register("true_exposures", exposures_of(world, end_ms))
    experiments = plan.scenario.experiments.items()
    connection.register(
        "true_experiments",
        pa.table(
            {
                "experiment_id": pa.array([name for name, _ in experiments]),
                "target": pa.array([one.target for _, one in experiments]),
            }
        ),
    )
    # Keys are hashes, as the pipeline's are.
    key = "md5(cast({0}.person as varchar))"
    connection.execute(
        f"""
        create or replace table touchpoints as
        select * from read_csv('{seeds}/touchpoints.csv')
        union all by name
        select * replace ('{NON_CAUSE}' as touchpoint)
        from read_csv('{seeds}/touchpoints.csv') where touchpoint = 'ad_clicked';

        create or replace table fct_stage_spells as
        select
            {key.format("spells")} as customer_key, cycle_number, stage, entered_at,
            exited_at
        from true_spells as spells;

        create or replace table fct_interactions as
        select
            concat_ws(
                ':', contacts.touchpoint, contacts.channel, contacts.occurred_at
            ) as interaction_id,
            {key.format("contacts")} as customer_key, contacts.occurred_at,
            contacts.touchpoint, contacts.source, contacts.channel, touchpoints.phase,
            touchpoints.direction, touchpoints.stage_signal,
            cast(touchpoints.friction_weight as double) as friction_weight,
            cast(contacts.amount as decimal(18, 4)) as revenue_amount, spells.stage
        from contacts
        inner join touchpoints using (touchpoint)
        asof inner join true_spells as spells
            on contacts.person = spells.person
            and contacts.occurred_at >= spells.entered_at;

        create or replace table stg_experiments__experiments as
        select
            experiment_id,
            case when target = 'payment_failure' then 'payment_failed' end as touchpoint
        from true_experiments;

        create or replace table stg_experiments__experiment_exposures as
        select
            experiment_id, variant, exposed_at, cast(person as varchar) as customer_id,
            cast(null as varchar) as anonymous_id
        from true_exposures;

        create or replace table int_identifiers_resolved as
        select
            distinct 'customer_id' as kind, cast(person as varchar) as identifier,
            {key.format("true_exposures")} as customer_key
        from true_exposures;

        create or replace table int_as_of as
        select cast('{plan.date(plan.base_days)}' as timestamp) as as_of_at;
        """
    )
