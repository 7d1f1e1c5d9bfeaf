"""The stage rules, played contact by contact and clock by clock: an oracle for SQL.

Written from the rules as the docs word them, with no regard to how the models go about
it: one person at a time, one event at a time.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

RANK = {"awareness": 0, "consideration": 1, "purchase": 2, "retention": 3}
# The stage that a signal names: a contact moves nobody back behind it.
NAMES = {"consideration": "consideration", "checkout": "purchase", "order": "purchase"}
# Of contacts at one instant, and then by interaction id.
TIES = {"none": 0, "consideration": 0, "checkout": 1, "order": 2, "detractor": 3}


class Contact(NamedTuple):
    """One contact, as far as the rules look at it."""

    occurred_at: datetime
    interaction_id: str
    direction: str
    stage_signal: str


class Clocks(NamedTuple):
    """The settings of the rules."""

    lapse: timedelta
    purchase_window: timedelta
    checkout_abandon: timedelta


class Spell(NamedTuple):
    """A stay in a stage; it has no exit while it is open, and a due time only then."""

    cycle_number: int
    stage: str
    entered_at: datetime
    exited_at: datetime | None
    due_at: datetime | None


@dataclass
class Person:
    """Where a person stands."""

    clocks: Clocks
    stage: str = ""
    cycle: int = 0
    last_inbound_at: datetime = datetime.min
    last_checkout_at: datetime | None = None
    first_order_at: datetime | None = None
    moves: list[tuple[int, str, datetime]] = field(default_factory=list)

    def due(self) -> tuple[datetime, int, str] | None:
        """Tell which clock strikes next, when, and where it leads."""
        if self.stage in ("", "lapsed"):
            return None
        strikes = [(self.last_inbound_at + self.clocks.lapse, 2, "lapsed")]
        if self.stage == "purchase" and self.first_order_at is not None:
            at = self.first_order_at + self.clocks.purchase_window
            strikes.append((at, 1, "retention"))
        elif self.stage == "purchase" and self.last_checkout_at is not None:
            at = self.last_checkout_at + self.clocks.checkout_abandon
            strikes.append((at, 0, "consideration"))
        return min(strikes)

    def wait_until(self, instant: datetime) -> None:
        """Let every clock strike that is due by then."""
        while (due := self.due()) is not None and due[0] <= instant:
            self._move(due[2], due[0])

    def meet(self, contact: Contact) -> None:
        """Live through a contact."""
        at, signal = contact.occurred_at, contact.stage_signal
        self.wait_until(at)
        is_inbound = contact.direction == "inbound"
        named = NAMES.get(signal, "awareness") if is_inbound else "awareness"
        if self.stage == "":
            self.cycle = 1
            self.last_inbound_at = at
            self._move(named, at)
        elif not is_inbound:
            return
        elif self.stage == "lapsed":
            self.cycle += 1
            self.last_checkout_at = self.first_order_at = None
            self._move("consideration" if named == "awareness" else named, at)
        elif self.stage == "retention" and signal == "advocacy":
            self._move("advocacy", at)
        elif self.stage == "advocacy" and signal == "detractor":
            self._move("retention", at)
        elif RANK.get(self.stage, 4) < RANK[named]:
            self._move(named, at)
        if is_inbound:
            self.last_inbound_at = at
            if signal == "checkout":
                self.last_checkout_at = at
            if signal == "order" and self.first_order_at is None:
                self.first_order_at = at

    def spells(self) -> list[Spell]:
        """Return the stays: those of no length never were, repeats are one stay."""
        stays: list[tuple[int, str, datetime]] = []
        for move, following in zip(self.moves, [*self.moves[1:], None], strict=True):
            if following is not None and following[2] == move[2]:
                continue
            if stays and stays[-1][:2] == move[:2]:
                continue
            stays.append(move)
        ends = [stay[2] for stay in stays[1:]]
        due = self.due()
        return [
            *(Spell(*stay, end, None) for stay, end in zip(stays, ends, strict=False)),
            *(Spell(*stay, None, due[0] if due else None) for stay in stays[-1:]),
        ]

    def _move(self, stage: str, at: datetime) -> None:
        self.stage = stage
        self.moves.append((self.cycle, stage, at))


def replay(contacts: Iterable[Contact], as_of: datetime, clocks: Clocks) -> list[Spell]:
    """Return the spells of one person as they stand at an instant."""
    person = Person(clocks)
    for contact in sorted(
        contacts, key=lambda one: (one.occurred_at, TIES.get(one.stage_signal, 4), one)
    ):
        person.meet(contact)
    person.wait_until(as_of)
    return person.spells()
