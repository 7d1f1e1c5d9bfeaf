"""How rows reach the warehouse: late, twice, and with a bad value here and there.

A flaw is one bad value, with the reason for which staging must then reject the row
(see `models/staging/*/base` and the macro `contract_violations`).
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from journey_clv.simulate.draws import Flags, Ints
from journey_clv.simulate.exports import RawTable, Rendered
from journey_clv.simulate.plan import DAY_MS, Plan

# Rejected for what they are, not for a flaw of their own.
BOT, UNKNOWN_ORDER = "bot", "unknown_order"


@dataclass(frozen=True)
class Flaw:
    """A bad value of columns; `same_as` names a column to take it from."""

    columns: tuple[str, ...]
    value: str | float | int | None
    reason: str
    same_as: str | None = None


def _id(column: str) -> tuple[Flaw, ...]:
    return (
        Flaw((column,), "", f"missing_{column}"),
        # A word that trackers write for nothing counts as nothing.
        Flaw((column,), "undefined", f"missing_{column}"),
    )


def _blank(column: str) -> tuple[Flaw, ...]:
    return (Flaw((column,), None, f"missing_{column}"),)


def _time(column: str) -> tuple[Flaw, ...]:
    return (
        Flaw((column,), "", f"missing_{column}"),
        Flaw((column,), "31/12/2022 10:00", f"unreadable_{column}"),
        Flaw((column,), "2098-01-01 00:00:00", "future_time"),
        Flaw((column,), "1900-01-01 00:00:00", "time_before_1970"),
    )


def _epoch(column: str, future: int) -> tuple[Flaw, ...]:
    return (
        Flaw((column,), None, f"missing_{column}"),
        Flaw((column,), 0, f"unreadable_{column}"),
        Flaw((column,), future, "future_time"),
    )


FLAWS: dict[str, tuple[Flaw, ...]] = {
    "orders": (
        *_id("order_id"),
        *_id("customer_id"),
        *_time("ordered_at"),
        Flaw(("amount",), "", "missing_amount"),
        Flaw(("amount",), "12,50", "unreadable_amount"),
        Flaw(("amount",), "-19.90", "negative_amount"),
        Flaw(("tax_amount",), "-1.00", "negative_tax_amount"),
        Flaw(("currency",), "XBT", "unknown_currency"),
    ),
    "order_lines": (
        *_id("order_id"),
        *_blank("line_number"),
        *_id("product_id"),
        *_blank("unit_price"),
        Flaw(("quantity",), -1.0, "negative_quantity"),
        Flaw(("unit_price",), -9.9, "negative_unit_price"),
        Flaw(("unit_cost",), -0.5, "negative_unit_cost"),
        Flaw(("discount_amount",), -2.0, "negative_discount_amount"),
    ),
    "refunds": (
        *_id("refund_id"),
        *_time("refunded_at"),
        Flaw(("amount",), "n/a", "unreadable_amount"),
        Flaw(("amount",), "-5.00", "negative_amount"),
        Flaw(("order_id",), "ord_0", UNKNOWN_ORDER),
    ),
    "customers": _id("customer_id"),
    "web_events": (
        *_id("event_id"),
        *_time("occurred_at"),
        *_id("anonymous_id"),
        *_blank("event_name"),
    ),
    "messages": (
        *_id("event_id"),
        *_epoch("occurred_at", 4_070_908_800_000),
        *_id("customer_id"),
        *_blank("event_name"),
    ),
    "ad_interactions": (
        *_id("event_id"),
        *_epoch("occurred_at", 4_070_908_800),
        *_id("anonymous_id"),
        Flaw(("cost",), -0.5, "negative_cost"),
    ),
    "social_engagements": (
        *_id("event_id"),
        *_time("occurred_at"),
        *_blank("platform"),
        *_blank("engagement_type"),
    ),
    "sales_activities": (
        *_id("activity_id"),
        *_time("occurred_at"),
        *_id("customer_id"),
        *_blank("activity_type"),
    ),
    "support_tickets": (
        *_id("ticket_id"),
        *_id("customer_id"),
        *_time("opened_at"),
    ),
    "chat_conversations": (*_id("conversation_id"), *_blank("started_at")),
    "survey_responses": (
        *_id("response_id"),
        *_id("customer_id"),
        *_time("responded_at"),
        *_blank("survey_type"),
    ),
    "reviews": (
        *_id("review_id"),
        *_time("posted_at"),
        Flaw(("rating",), 0.0, "rating_out_of_range"),
        Flaw(("rating",), 50.0, "rating_out_of_range"),
    ),
    "referrals": (
        *_id("referral_id"),
        *_id("referrer_customer_id"),
        *_time("referred_at"),
        Flaw(
            ("referee_customer_id",),
            None,
            "self_referral",
            same_as="referrer_customer_id",
        ),
    ),
    "loyalty_events": (
        *_id("event_id"),
        *_id("customer_id"),
        *_time("occurred_at"),
        *_blank("event_name"),
    ),
    "experiment_exposures": (
        *_blank("variant"),
        *_time("exposed_at"),
        Flaw(("customer_id", "anonymous_id"), None, "missing_unit"),
    ),
    "consent_events": (
        *_id("customer_id"),
        *_time("occurred_at"),
        *_blank("purpose"),
        *_blank("is_granted"),
    ),
    "erasure_requests": (),
}


@dataclass
class Delivery:
    """The rows of a table that reach the warehouse in a window, in that order.

    Attributes:
        rows: which rows of the raw table.
        received: when each arrives, in milliseconds.
        is_copy: whether the very same row has arrived before.
        flaws: which flaw of its table each has, -1 for none.
        reasons: why each must be rejected, as an index of `reason_names`, or -1.
    """

    rows: Ints
    received: Ints
    is_copy: Flags
    flaws: Ints
    reasons: Ints


def reason_names(table: str) -> list[str]:
    """Return the reasons for which rows of a table may be rejected."""
    return [*(flaw.reason for flaw in FLAWS[table]), BOT, UNKNOWN_ORDER]


def flaws_of(plan: Plan, table: str, entity: NDArray[np.uint64]) -> Ints:
    """Return the flaw of each entity of a table, -1 for none."""
    flaws = FLAWS[table]
    rate = plan.scenario.dirt.malformed if flaws else 0.0
    u = plan.draws.uniforms((f"flawed-{table}", f"flaw-{table}"), entity)
    return np.where(u[0] < rate, (u[1] * len(flaws)).astype(np.int64), -1)


def deliver(plan: Plan, table: RawTable, from_ms: int, to_ms: int) -> Delivery:
    """Return what of a table arrives from one instant to before another."""
    dirt, draws = plan.scenario.dirt, plan.draws
    # A record and its later versions share a fate, and so do an order and its lines:
    # what comes later must not overtake what it replaces or belongs to.
    fate = table.entity if table.broken_by is None else table.broken_by
    u = draws.uniforms(("late_row", "late_row_days"), fate)
    delay = (0.2 + u[1] * max(dirt.late_row_days - 0.2, 0.0)) * DAY_MS
    received = table.ms + np.where(u[0] < dirt.late_rows, delay, 0).astype(np.int64)
    u = draws.uniforms(("copied", "copied_after"), table.row)
    copied = np.flatnonzero(u[0] < dirt.duplicates)
    again = received[copied] + ((1 + 44 * u[1][copied]) * 60_000).astype(np.int64)
    rows = np.concatenate([np.arange(len(received)), copied])
    is_copy = np.arange(len(rows)) >= len(received)
    received = np.concatenate([received, again])
    inside = (received >= from_ms) & (received < to_ms)
    rows, received, is_copy = rows[inside], received[inside], is_copy[inside]
    order = np.lexsort((table.row[rows], received))
    rows, received, is_copy = rows[order], received[order], is_copy[order]
    flaws = flaws_of(plan, table.name, table.entity[rows])
    reasons = flaws.copy()
    n_flaws = len(FLAWS[table.name])
    if table.is_bot is not None:
        reasons[(flaws < 0) & table.is_bot[rows]] = n_flaws
    if table.broken_by is not None:
        broken = flaws_of(plan, "orders", table.broken_by[rows]) >= 0
        reasons[(flaws < 0) & broken] = n_flaws + 1
    return Delivery(rows, received, is_copy, flaws, reasons)


def spoil(table: str, columns: Rendered, flaws: Ints) -> Rendered:
    """Put the flaws into rendered columns."""
    for number in np.unique(flaws[flaws >= 0]):
        flaw = FLAWS[table][int(number)]
        mask = pa.array(flaws == number)
        for name in flaw.columns:
            column = columns[name]
            bad = (
                columns[flaw.same_as]
                if flaw.same_as
                else pa.scalar(flaw.value, type=column.type)
            )
            columns[name] = pc.if_else(mask, bad, column)
    return columns
