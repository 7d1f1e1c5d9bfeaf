"""The truth of a chunk: what the models should find, and never read.

Amounts are in the reporting currency, times in UTC, rates per day. What describes an
instant (people, identities, stages, future) carries it as `as_of`; what happens
(orders, lost checkouts, departures, returns) is written in the window in which it
happens.
"""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from journey_clv.simulate import facts
from journey_clv.simulate.columns import hex_ids, names, numbers, vocabulary
from journey_clv.simulate.draws import Flags, Ints
from journey_clv.simulate.exports import Exporter
from journey_clv.simulate.plan import DAY_MS
from journey_clv.simulate.scenario import COUNTRIES
from journey_clv.simulate.stages import STAGE_NAMES, spells
from journey_clv.simulate.world import (
    LEAVING,
    NEVER,
    NOT_PAID,
    OUTAGE,
    World,
    cause_names,
)

STATES = ("absent", "active", "dormant", "erased")
_STAMP = pa.timestamp("ms")


def truth_tables(
    exporter: Exporter, from_ms: int, to_ms: int
) -> dict[str, dict[str, pa.Array]]:
    """Return the tables of a window, as columns."""
    world = exporter.world
    return {
        "people": _people(world, to_ms),
        "identities": _identities(world, to_ms),
        "stages": _stages(world, exporter, to_ms),
        "orders": _orders(exporter, from_ms, to_ms),
        "lost_checkouts": _lost_checkouts(world, from_ms, to_ms),
        "departures": _departures(world, from_ms, to_ms),
        "returns": _returns(world, from_ms, to_ms),
        "future": _future(exporter, to_ms),
    }


def contributions(exporter: Exporter, from_ms: int, to_ms: int) -> dict[str, Ints]:
    """Count the orders, and sum cents of net revenue, that needed each cause.

    Orders that stood in the window, by cause; a channel's are those that its lift
    made, or whose buyer came by it and would not have come otherwise.
    """
    orders = exporter.orders
    inside = (orders["ms"] >= from_ms) & (orders["ms"] < to_ms)
    inside &= ~orders["is_cancelled"]
    needs = _needs(exporter)[inside]
    cents = np.rint(100 * _net(exporter))[inside].astype(np.int64)
    n = len(cause_names(exporter.plan))
    needed = [(needs >> np.uint64(bit)) & np.uint64(1) == 1 for bit in range(n)]
    return {
        "orders": np.array([int(some.sum()) for some in needed], dtype=np.int64),
        "cents": np.array([int(cents[some].sum()) for some in needed], dtype=np.int64),
    }


def person_ids(world: World, person: Ints) -> pa.Array:
    """Return the ids of people in the truth; null for nobody, who is -1."""
    somebody = person >= 0
    return hex_ids("per_", world.people.keys[np.maximum(person, 0)], somebody)


def stamps(ms: Ints) -> pa.Array:
    """Return instants, null where they never come."""
    return pa.array(ms, type=_STAMP, mask=ms == NEVER)


def _known(ms: Ints, to_ms: int) -> pa.Array:
    return stamps(np.where(ms < to_ms, ms, NEVER))


def _here(world: World, to_ms: int) -> Ints:
    """Everybody who has come."""
    ms = world.plan.clock_ms(np.minimum(world.people.arrival, 1e6))
    return np.flatnonzero(ms < to_ms)


def _people(world: World, to_ms: int) -> dict[str, pa.Array]:
    who, people = _here(world, to_ms), world.people
    channels = [*world.scenario.channels, "referral"]
    return {
        "person_id": person_ids(world, who),
        "as_of": _as_of(len(who), to_ms),
        "arrived_at": stamps(world.plan.clock_ms(people.arrival[who])),
        "arrival_channel": vocabulary(channels, people.channel[who]),
        "needed_arrival_channel": numbers(people.channel_needed[who]),
        "purchase_rate": numbers(people.purchase_rate[who]),
        "dropout_rate": numbers(people.dropout_rate[who]),
        "mean_goods": numbers(world.scenario.people.spend_shape / people.spend_nu[who]),
        "price_sensitivity": numbers(people.price_sensitivity[who]),
        "satisfaction": numbers(people.satisfaction[who]),
        "talkativeness": numbers(people.talkativeness[who]),
        "mail_affinity": numbers(people.mail_affinity[who]),
        **{
            f"affinity_{name}": numbers(people.affinity[index, who])
            for index, name in enumerate(world.scenario.channels)
        },
        "birth_year": numbers(people.birth_year[who]),
        "country": vocabulary(COUNTRIES, people.country[who]),
        "is_employee": numbers(people.is_employee[who]),
        "has_second_device": numbers(people.has_second_device[who]),
        "state": vocabulary(STATES, world.state_at_end[who]),
        "account_at": _known(world.account_ms[who], to_ms),
    }


def _identities(world: World, to_ms: int) -> dict[str, pa.Array]:
    """Which identifier is whose: contacts, e-mail addresses, devices, profiles."""
    who, people = _here(world, to_ms), world.people
    one, other = facts.contact_keys(world, who)
    first = world.account_ms[who] < to_ms
    second = world.second_account_ms[who] < to_ms
    draws, none = world.draws, np.zeros(len(who), dtype=np.bool_)
    profile = draws.keys("profile", people.keys[who])
    parts: list[tuple[str, str, str, NDArray[np.uint64], Flags, Flags]] = [
        ("customer_id", "cus_", "", one, first, none),
        ("customer_id", "cus_", "", other, second, none),
        ("email", "", "@mail.example", draws.keys("email", one), first, none),
        ("email", "", "@mail.example", draws.keys("email", other), second, none),
        (
            "anonymous_id",
            "dev_",
            "",
            people.devices[0, who],
            ~none,
            people.shares_device[who],
        ),
        (
            "anonymous_id",
            "dev_",
            "",
            people.devices[1, who],
            people.has_second_device[who],
            none,
        ),
        ("anonymous_id", "profile_", "", profile, ~none, none),
    ]
    kinds, ids, persons, shared = [], [], [], []
    for kind, prefix, suffix, keys, valid, is_shared in parts:
        ids.append(hex_ids(prefix, keys[valid], suffix=suffix))
        kinds += [kind] * int(valid.sum())
        persons.append(who[valid])
        shared.append(is_shared[valid])
    person = np.concatenate(persons)
    return {
        "person_id": person_ids(world, person),
        "as_of": _as_of(len(person), to_ms),
        "kind": pa.array(kinds, type=pa.string()),
        "identifier": pa.concat_arrays(ids),
        "is_shared": numbers(np.concatenate(shared)),
        "erased_at": _known(world.erased_ms[person], to_ms),
    }


def _stages(world: World, exporter: Exporter, to_ms: int) -> dict[str, pa.Array]:
    rows = spells(world, exporter, to_ms)
    return {
        "person_id": person_ids(world, rows["person"]),
        "as_of": _as_of(len(rows["person"]), to_ms),
        "cycle_number": numbers(rows["cycle"]),
        "stage": vocabulary(STAGE_NAMES, rows["stage"]),
        "entered_at": stamps(rows["entered_ms"]),
        "exited_at": stamps(rows["exited_ms"]),
    }


def _needs(exporter: Exporter) -> NDArray[np.uint64]:
    """The causes without which each order would not have happened, as bits."""
    orders, people = exporter.orders, exporter.world.people
    channel = people.channel[orders["person"]]
    counts = people.channel_needed[orders["person"]]
    counts &= channel < len(exporter.world.scenario.channels)
    bit = np.where(counts, np.uint64(1) << channel.astype(np.uint64), np.uint64(0))
    return np.asarray(orders["needs"] | bit)


def _net(exporter: Exporter) -> NDArray[np.float64]:
    """Goods after discount, before refunds."""
    amounts = exporter.amounts
    cents = amounts["goods"] - amounts["discount"]
    return np.asarray(cents * amounts["rate"] / 100)


def _margin(exporter: Exporter) -> NDArray[np.float64]:
    amounts = exporter.amounts
    cost = amounts["cost"] * amounts["rate"] / 100
    return np.asarray(_net(exporter) - cost)


def _refunded(exporter: Exporter) -> NDArray[np.float64]:
    """Net revenue given back, by refund."""
    refunds = exporter.refunds
    rate = exporter.amounts["rate"][refunds["order"]]
    return np.asarray(refunds["goods"] * rate / 100)


def _orders(exporter: Exporter, from_ms: int, to_ms: int) -> dict[str, pa.Array]:
    orders, world = exporter.orders, exporter.world
    row = np.flatnonzero((orders["ms"] >= from_ms) & (orders["ms"] < to_ms))
    causes = cause_names(world.plan)
    needs, word_of = np.unique(_needs(exporter)[row], return_inverse=True)
    leaves, leaving = np.unique(orders["leaves"][row], return_inverse=True)
    return {
        "order_id": hex_ids("ord_", orders["key"][row]),
        "person_id": person_ids(world, orders["person"][row]),
        "ordered_at": stamps(orders["ms"][row]),
        # Counted among the person's orders that stood; 0 for a cancelled one.
        "order_number": numbers(orders["number"][row]),
        "is_cancelled": numbers(orders["is_cancelled"][row]),
        "has_coupon": numbers(orders["has_coupon"][row]),
        "is_member": numbers(orders["is_member"][row]),
        "net_revenue": numbers(_net(exporter)[row]),
        "margin": numbers(_margin(exporter)[row]),
        # It would not have happened without each of these; blank: it would anyway.
        "needed": names([_listed(causes, int(bits)) for bits in needs], word_of),
        "delivered_at": stamps(orders["delivered_ms"][row]),
        "is_late": numbers(orders["is_late"][row]),
        "ticket_at": stamps(orders["ticket_ms"][row]),
        "is_slow_ticket": numbers(orders["is_slow"][row]),
        "chat_at": stamps(orders["chat_ms"][row]),
        "chat": vocabulary((None, "bot", "human", "unresolved"), orders["chat"][row]),
        # What about it makes the customer leave, who may have left before.
        "leaves_by": names([_listed(LEAVING, int(bits)) for bits in leaves], leaving),
    }


def _listed(words: tuple[str, ...] | list[str], bits: int) -> str:
    return ",".join(word for bit, word in enumerate(words) if bits >> bit & 1)


def _lost_checkouts(world: World, from_ms: int, to_ms: int) -> dict[str, pa.Array]:
    """Checkouts that would have been orders but for the payment or the outage."""
    visits = world.log.table("visits")
    lost = np.isin(visits["payment"], (NOT_PAID, OUTAGE))
    row = np.flatnonzero(lost & (visits["ms"] >= from_ms) & (visits["ms"] < to_ms))
    return {
        "person_id": person_ids(world, visits["person"][row]),
        "lost_at": stamps(visits["ms"][row]),
        "cause": vocabulary(
            ("payment_failure", "outage"),
            (visits["payment"][row] == OUTAGE).astype(int),
        ),
        "leaves": numbers(visits["left_by_payment"][row]),
    }


def _departures(world: World, from_ms: int, to_ms: int) -> dict[str, pa.Array]:
    rows = world.log.table("departures")
    row = np.flatnonzero((rows["ms"] >= from_ms) & (rows["ms"] < to_ms))
    return {
        "person_id": person_ids(world, rows["person"][row]),
        "left_at": stamps(rows["ms"][row]),
        "cause": vocabulary(("of_itself", *LEAVING), rows["cause"][row] + 1),
    }


def _returns(world: World, from_ms: int, to_ms: int) -> dict[str, pa.Array]:
    rows = world.log.table("returns")
    row = np.flatnonzero((rows["ms"] >= from_ms) & (rows["ms"] < to_ms))
    return {
        "person_id": person_ids(world, rows["person"][row]),
        "returned_at": stamps(rows["ms"][row]),
    }


def _future(exporter: Exporter, to_ms: int) -> dict[str, pa.Array]:
    """Orders, net revenue and margin of everybody in the time to come."""
    world, orders, refunds = exporter.world, exporter.orders, exporter.refunds
    who = _here(world, to_ms)
    n = len(world.people)
    persons, days, counts, nets, margins = [], [], [], [], []
    for horizon in world.scenario.truth.horizons_days:
        until = to_ms + horizon * DAY_MS
        ahead = (orders["ms"] >= to_ms) & (orders["ms"] < until)
        ahead &= ~orders["is_cancelled"]
        person = orders["person"][ahead]
        back = (refunds["ms"] >= to_ms) & (refunds["ms"] < until)
        refunded = np.bincount(
            orders["person"][refunds["order"][back]],
            weights=_refunded(exporter)[back],
            minlength=n,
        )
        net = np.bincount(person, weights=_net(exporter)[ahead], minlength=n)
        margin = np.bincount(person, weights=_margin(exporter)[ahead], minlength=n)
        persons.append(who)
        days.append(np.full(len(who), horizon))
        counts.append(np.bincount(person, minlength=n)[who])
        nets.append((net - refunded)[who])
        margins.append((margin - refunded)[who])
    person = np.concatenate(persons)
    return {
        "person_id": person_ids(world, person),
        "as_of": _as_of(len(person), to_ms),
        "horizon_days": numbers(np.concatenate(days)),
        "n_orders": numbers(np.concatenate(counts)),
        "net_revenue": numbers(np.concatenate(nets)),
        "margin": numbers(np.concatenate(margins)),
    }


def _as_of(n: int, to_ms: int) -> pa.Array:
    return stamps(np.full(n, to_ms))
