"""The true stage of each person at each moment, by the project's stage rules.

The rules are those of the docs (a ratchet within a cycle, moved by contacts and by
the clock), read on the world as it was: no row late, lost, double or malformed. All
people are taken through their contacts together, one contact each at a time.
"""

from dataclasses import dataclass, field

import numpy as np

from journey_clv.simulate import facts
from journey_clv.simulate.draws import Flags, Ints
from journey_clv.simulate.exports import Exporter
from journey_clv.simulate.plan import DAY_MS
from journey_clv.simulate.scenario import Stages
from journey_clv.simulate.world import (
    CHECKED_OUT,
    NEVER,
    Columns,
    World,
)

STAGE_NAMES = (
    "awareness",
    "consideration",
    "purchase",
    "retention",
    "advocacy",
    "lapsed",
)
AWARENESS, CONSIDERATION, PURCHASE, RETENTION, ADVOCACY, LAPSED = range(6)
# What a contact says. The order is that of contacts at one instant.
REACHES, LOOKS_IN, CONTACTS, CONSIDERS, CHECKS_OUT, ORDERS, DETRACTS, ADVOCATES = range(
    8
)
_HOUR_MS = 3_600_000


def spells(world: World, exporter: Exporter, end_ms: int) -> Columns:
    """Return the spells of all people up to an instant: one open spell for each.

    The columns are person, cycle, stage, entered_ms and exited_ms, which is `NEVER`
    for the spell that is open.
    """
    person, ms, signal = _contacts(world, exporter, end_ms)
    order = np.lexsort((signal, ms, person))
    person, ms, signal = person[order], ms[order], signal[order]
    people, first, counts = np.unique(person, return_index=True, return_counts=True)
    by_count = np.argsort(-counts, kind="stable")
    people, first, counts = people[by_count], first[by_count], counts[by_count]
    machine = _Machine(people, world.scenario.stages)
    for turn in range(counts.max(initial=0)):
        n = int(np.searchsorted(-counts, -turn, side="left"))
        at = first[:n] + turn
        machine.contact(n, ms[at], signal[at])
    machine.pass_time(len(people), np.full(len(people), end_ms - 1))
    return machine.closed()


def _contacts(world: World, exporter: Exporter, end_ms: int) -> tuple[Ints, Ints, Ints]:
    """Every contact before an instant: person, instant, what it says."""
    visits = world.log.table("visits")
    orders = exporter.orders
    considers = ~facts.bounces(world, visits)
    considers |= visits["campaign"] >= 0
    tickets = orders["ticket_ms"] < NEVER
    chats = orders["chat_ms"] < NEVER
    loyal = facts.loyalty(world, orders, exporter.amounts)
    acts_of_own = np.isin(loyal["kind"], (facts.JOIN, facts.REDEEM))
    stars, nps = exporter.reviews["rating"], exporter.surveys["score"]
    is_nps = exporter.surveys["kind"] == facts.NPS
    refers = world.log.table("referrals")
    parts: list[tuple[Columns, Flags | None, int | Ints]] = [
        (world.log.table("ads"), None, REACHES),
        (world.log.table("mails"), None, REACHES),
        (visits, None, np.where(considers, CONSIDERS, LOOKS_IN)),
        (
            _at(visits, visits["ms"] + facts.checkout_ms(world, visits)),
            visits["reach"] >= CHECKED_OUT,
            CHECKS_OUT,
        ),
        (orders, None, ORDERS),
        (_at(orders, orders["ticket_ms"]), tickets, CONTACTS),
        (_at(orders, orders["chat_ms"]), chats, CONTACTS),
        (loyal, acts_of_own, CONTACTS),
        (
            exporter.reviews,
            None,
            np.select([stars >= 4, stars <= 2], [ADVOCATES, DETRACTS], CONTACTS),
        ),
        (
            exporter.surveys,
            None,
            np.select(
                [is_nps & (nps >= 9), is_nps & (nps <= 6)],
                [ADVOCATES, DETRACTS],
                CONTACTS,
            ),
        ),
        (
            exporter.social,
            None,
            np.where(exporter.social["kind"] == facts.SHARE, ADVOCATES, CONTACTS),
        ),
        (refers, None, ADVOCATES),
    ]
    people, instants, signals = [], [], []
    for columns, chosen, signal in parts:
        keep = columns["ms"] < end_ms
        if chosen is not None:
            keep = keep & chosen
        people.append(columns["person"][keep].astype(np.int64))
        instants.append(columns["ms"][keep])
        signals.append(np.broadcast_to(signal, len(keep))[keep].astype(np.int64))
    return np.concatenate(people), np.concatenate(instants), np.concatenate(signals)


def _at(columns: Columns, ms: Ints) -> Columns:
    return {"person": columns["person"], "ms": ms}


@dataclass
class _Machine:
    """Where each person stands; an entry of every array per person."""

    people: Ints
    clocks: Stages
    spells: list[Columns] = field(default_factory=list)

    def __post_init__(self) -> None:
        n = len(self.people)
        self.stage = np.full(n, -1)
        self.cycle = np.zeros(n, dtype=np.int64)
        self.entered = np.zeros(n, dtype=np.int64)
        self.inbound = np.full(n, NEVER)
        self.checkout = np.full(n, NEVER)
        self.order = np.full(n, NEVER)

    def contact(self, n: int, ms: Ints, signal: Ints) -> None:
        """Take the first n people through one contact each."""
        self.pass_time(n, ms)
        stage = self.stage[:n]
        inbound = signal != REACHES
        named = np.array([0, 0, 0, 1, 2, 2, 0, 0])[signal]
        is_first = stage < 0
        comes_back = (stage == LAPSED) & inbound
        goes_on = ~is_first & (stage != LAPSED) & inbound
        target = np.select(
            [is_first, comes_back, goes_on],
            [named, np.maximum(named, CONSIDERATION), np.maximum(stage, named)],
            stage,
        )
        target[goes_on & (stage == RETENTION) & (signal == ADVOCATES)] = ADVOCACY
        target[goes_on & (stage == ADVOCACY) & (signal == DETRACTS)] = RETENTION
        self._move(n, target, ms, comes_back)
        self.cycle[:n][is_first] = 1
        self.cycle[:n][comes_back] += 1
        self.checkout[:n][comes_back] = NEVER
        self.order[:n][comes_back] = NEVER
        # Who has only been reached lapses too, counted from then.
        counts = inbound | is_first
        self.inbound[:n][counts] = ms[counts]
        checks_out = signal == CHECKS_OUT
        self.checkout[:n][checks_out] = ms[checks_out]
        orders = (signal == ORDERS) & (self.order[:n] == NEVER)
        self.order[:n][orders] = ms[orders]

    def pass_time(self, n: int, ms: Ints) -> None:
        """Let the clocks run up to and at an instant, in the order of their times."""
        never = np.full(n, NEVER)
        for _ in range(3):
            stage = self.stage[:n]
            ordered = self.order[:n] < NEVER
            in_purchase = stage == PURCHASE
            abandon = self.checkout[:n] + int(
                self.clocks.checkout_abandon_hours * _HOUR_MS
            )
            retain = self.order[:n] + int(self.clocks.purchase_window_days * DAY_MS)
            lapse = self.inbound[:n] + int(self.clocks.lapse_days * DAY_MS)
            due = np.stack(
                [
                    np.where(in_purchase & ~ordered, abandon, never),
                    np.where(in_purchase & ordered, retain, never),
                    np.where((stage >= 0) & (stage != LAPSED), lapse, never),
                ]
            )
            which = due.argmin(axis=0)
            when = due.min(axis=0)
            strikes = when <= ms
            if not strikes.any():
                return
            target = np.where(
                strikes, np.array([CONSIDERATION, RETENTION, LAPSED])[which], stage
            )
            self._move(n, target, when, np.zeros(n, dtype=np.bool_))

    def closed(self) -> Columns:
        """Return all spells; those that are open do not end."""
        here = self.stage >= 0
        self.spells.append(self._rows(here, np.full(int(here.sum()), NEVER)))
        return {
            name: np.concatenate([part[name] for part in self.spells])
            for name in self.spells[0]
        }

    def _move(self, n: int, target: Ints, ms: Ints, new_cycle: Flags) -> None:
        """Close the spells that end; one of no length never was."""
        moves = (target != self.stage[:n]) | new_cycle
        ends = np.zeros(len(self.people), dtype=np.bool_)
        ends[:n] = moves & (self.stage[:n] >= 0) & (self.entered[:n] < ms)
        if ends.any():
            self.spells.append(self._rows(ends, ms[ends[:n]]))
        self.entered[:n][moves] = ms[moves]
        self.stage[:n][moves] = target[moves]

    def _rows(self, which: Flags, exited: Ints) -> Columns:
        return {
            "person": self.people[which],
            "cycle": self.cycle[which],
            "stage": self.stage[which],
            "entered_ms": self.entered[which],
            "exited_ms": exited,
        }
