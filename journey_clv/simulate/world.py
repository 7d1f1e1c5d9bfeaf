"""The causal process: what happens to the people of a chunk, day by day.

Intents to buy are Poisson processes. A cause that multiplies their rate by f gives
each intent a mark: with probability 1 - 1/f the intent would not have happened
without the cause (thinning: what is left is the process at the rate without it). So
every order knows which causes it needed. What is known is the direct effect: what an
order that did not happen would have led to later is not played again.

Whatever a day brings depends on the days before it only, and works from the next
day on: what happens up to a day is the same however far the world is run.
"""

import copy
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from journey_clv.simulate.draws import (
    Draws,
    Flags,
    Floats,
    Ints,
    Keys,
    pick,
    poisson,
)
from journey_clv.simulate.people import People, people_of
from journey_clv.simulate.plan import DAY_MS, Plan
from journey_clv.simulate.scenario import Experiment

ABSENT, ACTIVE, DORMANT, GONE = range(4)
NEVER = np.int64(2**62)
BROWSED, CARTED, CHECKED_OUT, ORDERED = range(4)
PAID, PAID_AT_SECOND, NOT_PAID, OUTAGE = range(4)
WEB, APP, STORE = range(3)
MAILS = ("campaign", "coupon", "personal_mail")
CAMPAIGN, COUPON, PERSONAL = range(3)
NO_CHAT, BOT_RESOLVED, HUMAN_RESOLVED, UNRESOLVED = range(4)
# The bits of `leaves`: which events make the customer leave.
LEAVING = ("late_delivery", "slow_ticket", "unresolved_chat", "payment_failure")
LATE, SLOW, CHAT, PAYMENT = range(4)

_BUYING = (
    "place",
    "coupon_used",
    "cart",
    "checkout",
    "complete",
    "payment",
    "retry",
    "left_by_payment",
)
_ORDERING = (
    "cancelled",
    "joins",
    "late",
    "delivery",
    "late_days",
    "ticket",
    "slow",
    "ticket_at",
    "response",
    "resolution",
    "chat",
    "bot_resolves",
    "human_resolves",
    "chat_at",
    f"leaves-{LATE}",
    f"leaves-{SLOW}",
    f"leaves-{CHAT}",
    "refers",
)
_MAILING = ("bounced", "opened", "clicked", "unsubscribed")
# Minutes from a visit's begin to its order, from an ad to its visit, from a mail to
# its click, in milliseconds.
CHECKOUT_MS = 12 * 60_000
AD_MS = 20_000
CLICK_MS = 45 * 60_000

# What is written down of each kind of thing; one row per thing.
LOGS: dict[str, dict[str, Any]] = {
    "visits": {
        "person": np.int32,
        "key": np.uint64,
        "ms": np.int64,
        "entry": np.int8,
        "campaign": np.int32,
        "reach": np.int8,
        "payment": np.int8,
        "left_by_payment": np.bool_,
        "order": np.uint64,
        "place": np.int8,
    },
    "mails": {
        "person": np.int32,
        "key": np.uint64,
        "ms": np.int64,
        "campaign": np.int32,
        "bounced": np.bool_,
        "opened": np.bool_,
        "clicked": np.bool_,
        "unsubscribed": np.bool_,
    },
    "ads": {
        "person": np.int32,
        "key": np.uint64,
        "ms": np.int64,
        "channel": np.int8,
        "clicked": np.bool_,
    },
    "orders": {
        "person": np.int32,
        "key": np.uint64,
        "ms": np.int64,
        "visit": np.uint64,
        "number": np.int32,
        "place": np.int8,
        "has_coupon": np.bool_,
        "coupon_day": np.int32,
        "needs": np.uint64,
        "is_cancelled": np.bool_,
        "is_member": np.bool_,
        "joins": np.bool_,
        "is_late": np.bool_,
        "delivered_ms": np.int64,
        "ticket_ms": np.int64,
        "is_slow": np.bool_,
        "response_ms": np.int64,
        "resolved_ms": np.int64,
        "chat_ms": np.int64,
        "chat": np.int8,
        "leaves": np.uint8,
    },
    "referrals": {
        "person": np.int32,
        "key": np.uint64,
        "ms": np.int64,
        "referee": np.int32,
        "converted_ms": np.int64,
    },
    "exposures": {
        "person": np.int32,
        "key": np.uint64,
        "ms": np.int64,
        "experiment": np.int8,
        "variant": np.int8,
    },
    "departures": {"person": np.int32, "ms": np.int64, "cause": np.int8},
    "returns": {"person": np.int32, "ms": np.int64},
}

Columns = dict[str, NDArray[Any]]
Day = TypeVar("Day", int, Ints)


@dataclass
class Log:
    """The rows of every table of `LOGS`, as they came."""

    parts: dict[str, list[Columns]] = field(
        default_factory=lambda: {name: [] for name in LOGS}
    )

    def add(self, table: str, **columns: Any) -> None:
        """Write rows down; a scalar stands for as many as there are persons."""
        n = len(columns["person"])
        if n:
            part = {}
            for name, kind in LOGS[table].items():
                part[name] = np.empty(n, dtype=kind)
                part[name][:] = columns[name]
            self.parts[table].append(part)

    def table(self, name: str) -> Columns:
        """Return the columns of a table."""
        return {
            column: np.concatenate(
                [np.empty(0, dtype=kind), *(part[column] for part in self.parts[name])]
            )
            for column, kind in LOGS[name].items()
        }


class CampaignCodes:
    """Campaigns as numbers: personal mail, then ads by quarter, then mail by day."""

    PERSONAL = 0
    _QUARTERS = 400

    def __init__(self, plan: Plan) -> None:
        """Lay the numbers out for a plan."""
        self._plan = plan
        self._first_mail = 1 + len(plan.scenario.channels) * self._QUARTERS

    def ads(self, channel: Ints, day: int) -> Ints:
        """Return the campaigns of channels on a day."""
        first = 1 + channel.astype(np.int64) * self._QUARTERS
        return np.asarray(first + self._quarter(day))

    def mail(self, day: Day) -> Day:
        """Return the campaign whose mails are sent on a day."""
        return self._first_mail + day

    def name(self, code: int) -> str:
        """Return the campaign's id in the raw tables."""
        if code == self.PERSONAL:
            return "personal"
        if code >= self._first_mail:
            return f"mail-{self._plan.date(code - self._first_mail)}"
        channel, quarter = divmod(code - 1, self._QUARTERS)
        number = (self._plan.start.month - 1) // 3 + quarter
        year = self._plan.start.year + number // 4
        return f"{list(self._plan.scenario.channels)[channel]}-{year}q{number % 4 + 1}"

    def _quarter(self, day: int) -> int:
        date, start = self._plan.date(day), self._plan.start
        return (
            (date.year - start.year) * 4
            + (date.month - 1) // 3
            - (start.month - 1) // 3
        )


def is_mail_day(plan: Plan, day: int) -> tuple[bool, bool]:
    """Tell whether a campaign's mails, and a coupon's, are sent on a day."""
    causes = plan.scenario.causes
    campaign, coupon = causes.campaign_every_days, causes.coupon_every_days
    return (
        campaign > 0 and day % campaign == min(3, campaign - 1),
        coupon > 0 and day % coupon == min(10, coupon - 1),
    )


def cause_names(plan: Plan) -> list[str]:
    """Return what the bits of an order's `needs` mean."""
    return [
        *plan.scenario.channels,
        *MAILS,
        "membership",
        *plan.scenario.experiments,
    ]


class World:
    """A chunk of people and what has happened to them.

    `account_ms`, `second_account_ms`, `erased_ms` are instants, `NEVER` if not (yet);
    `consent_until` is in days. All of them hold for the whole run: what lies after a
    day is to be left out by who looks at that day.
    """

    def __init__(self, plan: Plan, chunk: int, last_day: int) -> None:
        """Put the people who arrive before `last_day` in place, on day 0."""
        self.plan = plan
        self.scenario = plan.scenario
        self.draws = plan.draws
        self.last_day = last_day
        self.log = Log()
        self.people: People = people_of(plan, chunk, last_day)
        n = len(self.people)
        self.state = np.full(n, ABSENT, dtype=np.int8)
        self.state_at_end = self.state
        self.n_orders = np.zeros(n, dtype=np.int32)
        self.is_member = np.zeros(n, dtype=np.bool_)
        self.present_from = np.full(n, np.inf)
        self.leaves_at = np.full(n, np.inf)
        self.returns_at = np.full(n, np.inf)
        self.consent_until = np.full(n, -np.inf)
        self.erased_at = np.full(n, np.inf)
        self.account_ms = np.full(n, NEVER)
        self.second_account_ms = np.full(n, NEVER)
        self.erased_ms = np.full(n, NEVER)
        self._n_departures = np.zeros(n, dtype=np.int64)
        self._next_referred = self.people.n_own
        self._arrival_order = np.argsort(
            self.people.arrival[: self.people.n_own], kind="stable"
        )
        self._arrivals_sorted = self.people.arrival[self._arrival_order]
        self._due_referred: dict[int, list[Ints]] = defaultdict(list)
        self._due_departures: dict[int, list[tuple[Ints, int]]] = defaultdict(list)
        self._prepare_rates()

    def run(self, watch: Callable[[float], None] | None = None) -> None:
        """Live until `last_day`, and then on to the furthest horizon of the truth.

        `watch` is told from time to time what share of the time has passed.
        """
        days = self.last_day + max(self.scenario.truth.horizons_days)
        for day in range(days):
            if day == self.last_day:
                self.state_at_end = self.state.copy()
            self.live(day)
            if watch and day % 50 == 0:
                watch(day / days)

    def with_another_future(self, day: int, seed: int) -> "World":
        """Return the same people as a day begins, with other luck from then on.

        Who has left by then has left. When the others will is drawn anew: stays are
        exponential, so what is left of one is as long as a whole one. The log of what
        happened is empty.
        """
        other = copy.copy(self)
        other.log = Log()
        memo = {id(kept): kept for kept in (self.plan, self.scenario)}
        for name, value in vars(self).items():
            if name != "log":
                setattr(other, name, copy.deepcopy(value, memo))
        other.draws = Draws(seed)
        rates = self.scenario.people
        dropout_rate = np.where(
            self.n_orders > 0, self.people.dropout_rate, rates.prospect_dropout_rate
        )
        for until, rate in (
            (other.leaves_at, dropout_rate),
            (other.returns_at, np.full(len(self.people), rates.return_rate)),
        ):
            is_due = np.isfinite(until)
            rest = other.draws.exponential("rest of it", self.people.keys[is_due])
            until[is_due] = day + rest / rate[is_due]
        return other

    def _prepare_rates(self) -> None:
        scenario, people = self.scenario, self.people
        self._channels = list(scenario.channels.values())
        self._experiments = list(scenario.experiments.values())
        causes = scenario.causes
        self._lifts = np.array(
            [channel.lift for channel in self._channels]
            + [causes.campaign_lift, causes.coupon_lift, causes.personal_mail_lift]
        )
        self._lift_until = np.zeros((len(self._lifts), len(people)), dtype=np.int32)
        self._any_lift_until = np.zeros(len(people), dtype=np.int32)
        self._mail = len(self._channels)
        self._membership = self._mail + len(MAILS)
        self._variant = np.full(
            (len(self._experiments), len(people)), -1, dtype=np.int8
        )
        mean_rate = scenario.people.purchase_shape / scenario.people.purchase_scale_days
        self._prospect_rate = (
            scenario.people.first_intent_rate * people.purchase_rate / mean_rate
        )
        # A day has at most one of: a visit with no intent, an ad of some channel, a
        # personal mail. The rows are the bounds of u for each.
        chances = np.concatenate(
            [
                np.full((1, len(people)), scenario.journey.browse_rate),
                np.array([[c.touch_rate] for c in self._channels]) * people.affinity,
                np.full((1, len(people)), causes.personal_mail_rate),
            ]
        )
        self._habits = np.cumsum(chances, axis=0)
        self.codes = CampaignCodes(self.plan)
        self._is_paid = np.array([c.is_paid for c in self._channels] + [False, False])
        self._lifting_channels = np.flatnonzero(self._lifts[: len(self._channels)])
        self._entry_weights = [channel.entry_weight for channel in self._channels]

    # A day

    def live(self, day: int) -> None:
        """Live a day, the next one."""
        self._erase(day)
        self._depart_by_causes(day)
        self._come_back(day)
        self._arrive(day)
        active = np.flatnonzero(self.state == ACTIVE)
        start = np.clip(self.present_from[active] - day, 0.0, 1.0)
        end = np.clip(self.leaves_at[active] - day, start, 1.0)
        self._intend(day, active, start, end)
        self._follow_habits(day, active, start, end)
        self._depart(day, active)
        self._send_mails(day)

    def _arrive(self, day: int) -> None:
        low, high = np.searchsorted(self._arrivals_sorted, [day, day + 1])
        who = np.concatenate(
            [self._arrival_order[low:high], *self._due_referred.pop(day, [])]
        ).astype(np.int64)
        if not len(who):
            return
        people, scenario = self.people, self.scenario
        keys, when = people.keys[who], people.arrival[who]
        self.state[who] = ACTIVE
        self.present_from[who] = when
        rate = scenario.people.prospect_dropout_rate
        if rate > 0:
            self.leaves_at[who] = when + self.draws.exponential("loses", keys) / rate
        signs_up = people.signs_up[who] | (people.channel[who] == len(self._channels))
        self._open_accounts(who[signs_up], when[signs_up])
        intends = self.draws.chance(
            "arrival_intent", keys, scenario.people.first_order_on_arrival
        )
        visit_keys = self.draws.keys("arrival", keys)
        entry = people.channel[who]
        # A referral's entry is one past the mail's.
        entry = np.where(entry == len(self._channels), len(self._channels) + 1, entry)
        campaign = self._ad_campaigns(entry, day)
        looks = ~intends
        self._visit(
            day, who[looks], visit_keys[looks], when[looks], entry[looks],
            campaign[looks],
        )  # fmt: skip
        needs = np.zeros(int(intends.sum()), dtype=np.uint64)
        self._try_to_buy(
            day,
            who[intends],
            visit_keys[intends],
            when[intends],
            needs,
            entry[intends],
            campaign[intends],
        )

    def _intend(self, day: int, active: Ints, start: Floats, end: Floats) -> None:
        people = self.people
        keys = people.keys[active]
        has_ordered = self.n_orders[active] > 0
        rate = np.where(
            has_ordered, people.purchase_rate[active], self._prospect_rate[active]
        )
        mean = rate * (end - start) * self.plan.demand(day)
        factors = self._factors(day, active)
        for _, factor in factors:
            mean *= factor
        u = self.draws.uniform("intent", keys, day)
        hit = np.flatnonzero(u > np.exp(-mean))
        if not len(hit):
            return
        counts = poisson(u[hit], mean[hit])
        row = np.repeat(hit, counts)
        who = active[row]
        intent_keys = self.draws.numbered(
            "intents", people.keys[who], day * 64 + occurrence(who)
        )
        needs = np.zeros(len(who), dtype=np.uint64)
        for bit, factor in factors:
            without = self.draws.uniform("needs", intent_keys, bit)
            needed = without > 1 / np.maximum(factor[row], 1e-9)
            needs |= needed.astype(np.uint64) << np.uint64(bit)
        when = day + start[row]
        when += self.draws.uniform("time", intent_keys) * (end[row] - start[row])
        entry, campaign = self._entries(day, who, intent_keys)
        self._try_to_buy(day, who, intent_keys, when, needs, entry, campaign)

    def _factors(self, day: int, active: Ints) -> list[tuple[int, Floats]]:
        """What multiplies the rate of intents of each, with the cause's bit."""
        factors = []
        lifted = self._any_lift_until[active] > day
        if lifted.any():
            some = active[lifted]
            for bit, lift in enumerate(self._lifts):
                works = self._lift_until[bit, some] > day
                if lift > 0 and works.any():
                    factor = np.ones(len(active))
                    factor[lifted] = np.where(works, 1 + lift, 1.0)
                    factors.append((bit, factor))
        lift = self.scenario.causes.membership_lift
        if lift > 0:
            is_member = self.is_member[active]
            factors.append((self._membership, np.where(is_member, 1 + lift, 1.0)))
        for number, experiment in enumerate(self._experiments):
            if experiment.target == "purchase_rate" and _is_on(experiment, day):
                treated = self._variant[number, active] == 1
                factor = np.where(treated, 1 + experiment.effect, 1.0)
                factors.append((self._membership + 1 + number, factor))
        return factors

    def _entries(self, day: int, who: Ints, keys: Keys) -> tuple[Ints, Ints]:
        """By which channel and campaign visits of their own accord come in."""
        u, by_lift = self.draws.uniforms(("entry", "entry_by_lift"), keys)
        entry = pick(u, self._entry_weights)
        lifted = self._any_lift_until[who] > day
        until = self._lift_until[:, who]
        for channel in self._lifting_channels:
            entry[(until[channel] > day) & (by_lift < 0.25)] = channel
        campaign = self._ad_campaigns(entry, day)
        mailed = lifted & (by_lift > 0.65)
        mailed &= (until[self._mail :] > day).any(axis=0)
        sent = until[self._mail : self._mail + 2].max(axis=0)
        sent_day = sent - 1 - self.scenario.causes.mail_days
        personal = until[self._mail + PERSONAL] > day
        entry[mailed] = self._mail
        campaign[mailed] = np.where(
            personal, CampaignCodes.PERSONAL, self.codes.mail(sent_day)
        )[mailed]
        return entry, campaign

    def _ad_campaigns(self, entry: Ints, day: int) -> Ints:
        return np.where(self._is_paid[entry], self.codes.ads(entry, day), -1)

    def _visit(
        self, day: int, who: Ints, keys: Keys, when: Floats, entry: Any, campaign: Any
    ) -> None:
        """Visits with no intent to buy."""
        if day < self.last_day:
            ms = self.plan.clock_ms(when)
            self._expose(day, who, ms)
            self.log.add(
                "visits",
                person=who,
                key=keys,
                ms=ms,
                entry=entry,
                campaign=campaign,
                reach=BROWSED,
                payment=PAID,
                left_by_payment=False,
                order=0,
                place=self._places(who, self.draws.uniform("place", keys), 0.0),
            )

    def _places(self, who: Ints, u: Floats, store: float) -> Ints:
        """Where contacts happen: in a store, else on the web or in the app."""
        app = (self.people.device_types[0, who] == 1) & (u > 0.7)
        return np.where(u < store, STORE, np.where(app, APP, WEB))

    def _try_to_buy(
        self,
        day: int,
        who: Ints,
        keys: Keys,
        when: Floats,
        needs: Keys,
        entry: Ints,
        campaign: Ints,
    ) -> None:
        """Take intents as far as they get: cart, checkout, payment, order."""
        if not len(who):
            return
        in_time = np.argsort(when, kind="stable")
        who, keys, when, needs = (
            who[in_time],
            keys[in_time],
            when[in_time],
            needs[in_time],
        )
        entry, campaign = entry[in_time], campaign[in_time]
        journey, causes, draws = self.scenario.journey, self.scenario.causes, self.draws
        ms = self.plan.clock_ms(when)
        self._expose(day, who, ms)
        u = draws.uniforms(_BUYING, keys)
        place = self._places(who, u[0], journey.store)
        online = place != STORE

        coupon_until = self._lift_until[self._mail + COUPON, who]
        has_coupon = (coupon_until > day) & (u[1] < causes.coupon_used)
        loss = journey.price_sensitivity_cost * self.people.price_sensitivity[who]
        carted = u[2] < journey.cart * np.where(has_coupon, 1.0, 1 - loss)
        saved = has_coupon & carted & (u[2] >= journey.cart * (1 - loss))
        needs = needs | saved.astype(np.uint64) << np.uint64(self._mail + COUPON)

        chance, untreated = self._chances("checkout", day, who)
        checked_out = carted & (u[3] < chance)
        for bit, without in untreated:
            gained = u[3] >= without
            needs = needs | gained.astype(np.uint64) << bit

        completes = checked_out & (u[4] < journey.complete)
        out = completes & online & self._is_out(day, ms)
        chance, untreated = self._chances("payment_failure", day, who)
        fails = completes & online & ~out & (u[5] < chance)
        tries_again = u[6] < journey.payment_retry
        retried = fails & tries_again
        for bit, without in untreated:
            # Paid at once; it would have failed, and not been tried again.
            gained = online & (u[5] >= chance) & (u[5] < without) & ~tries_again
            needs = needs | gained.astype(np.uint64) << bit
        left_by_payment = fails & (u[7] < causes.payment_failure_dropout)
        if left_by_payment.any():
            self._due_departures[day + 1].append((who[left_by_payment], PAYMENT))
        ordered = completes & ~out & (~fails | retried)
        order_keys = draws.keys("order", keys)
        if day < self.last_day:
            reach = carted.astype(np.int8) + checked_out + ordered
            payment = np.select(
                [out, retried, fails], [OUTAGE, PAID_AT_SECOND, NOT_PAID], PAID
            )
            self.log.add(
                "visits",
                person=who[online],
                key=keys[online],
                ms=ms[online],
                entry=entry[online],
                campaign=campaign[online],
                reach=reach[online],
                payment=payment[online],
                left_by_payment=left_by_payment[online],
                order=np.where(ordered, order_keys, np.uint64(0))[online],
                place=place[online],
            )
        self._order(
            day,
            who[ordered],
            order_keys[ordered],
            keys[ordered],
            # Some minutes after the visit began; in a store, at once.
            ms[ordered] + np.where(place[ordered] == STORE, 0, CHECKOUT_MS),
            when[ordered],
            needs[ordered],
            place[ordered],
            has_coupon[ordered],
            coupon_until[ordered] - 1 - causes.mail_days,
        )

    def _chances(
        self, target: str, day: int, who: Ints
    ) -> tuple[Floats, list[tuple[np.uint64, Floats]]]:
        """Return the chance of a step, and what it would be without each experiment.

        An experiment goes by its bit of `needs`.
        """
        chance = np.full(len(who), getattr(self.scenario.journey, target))
        factors = []
        for number, experiment in enumerate(self._experiments):
            if experiment.target == target and _is_on(experiment, day):
                treated = self._variant[number, who] == 1
                factor = np.where(treated, 1 + experiment.effect, 1.0)
                chance *= factor
                factors.append((np.uint64(self._membership + 1 + number), factor))
        return chance, [(bit, chance / factor) for bit, factor in factors]

    def _is_out(self, day: int, ms: Ints) -> Flags:
        calendar = self.scenario.calendar
        if day != calendar.outage_day:
            return np.zeros(len(ms), dtype=np.bool_)
        hour = (ms - self.plan.ms(day)) / 3_600_000
        begun = hour >= calendar.outage_from_hour
        return begun & (hour < calendar.outage_from_hour + calendar.outage_hours)

    def _order(
        self,
        day: int,
        who: Ints,
        keys: Keys,
        visit_keys: Keys,
        ms: Ints,
        when: Floats,
        needs: Keys,
        place: Ints,
        has_coupon: Flags,
        coupon_day: Ints,
    ) -> None:
        """Orders, and what follows from them."""
        if not len(who):
            return
        people, draws = self.people, self.draws
        journey, causes, service = (
            self.scenario.journey,
            self.scenario.causes,
            self.scenario.service,
        )
        fresh = self.account_ms[who] == NEVER
        fresh &= occurrence(who) == 0
        self._open_accounts(who[fresh], when[fresh])
        u = dict(zip(_ORDERING, draws.uniforms(_ORDERING, keys), strict=True))
        is_cancelled = u["cancelled"] < journey.cancelled
        stands = ~is_cancelled
        number = np.zeros(len(who), dtype=np.int32)
        number[stands] = self.n_orders[who[stands]] + 1 + occurrence(who[stands])
        np.add.at(self.n_orders, who[stands], 1)
        first = number == 1
        self.leaves_at[who[first]] = (
            when[first]
            + draws.exponential("leaves", people.keys[who[first]])
            / people.dropout_rate[who[first]]
        )
        second = number == 2
        second &= draws.chance(
            "second_contact", people.keys[who], self.scenario.dirt.second_contact
        )
        self.second_account_ms[who[second]] = ms[second]

        is_member = self.is_member[who]
        joins = stands & ~is_member & (occurrence(who) == 0)
        joins &= u["joins"] < causes.membership_joined
        self.is_member[who[joins]] = True

        in_store = place == STORE
        is_late = stands & ~in_store & (u["late"] < journey.late)
        days = journey.delivery_days * (0.5 + u["delivery"])
        more = journey.late_days * (0.5 + u["late_days"])
        days = np.where(in_store, 0.0, days + np.where(is_late, more, 0.0))
        delivered_ms = ms + _millis(days)

        chance = np.where(is_late, service.ticket_if_late, service.ticket)
        has_ticket = stands & (u["ticket"] < chance)
        is_slow = has_ticket & (u["slow"] < service.slow)
        ticket_ms = delivered_ms + _millis(0.1 + 2 * u["ticket_at"])
        wait = -np.log(u["response"])
        response_ms = ticket_ms + _millis(np.where(is_slow, 2 + wait, wait * 0.2))
        resolved_ms = response_ms + _millis(0.05 - np.log(u["resolution"]))

        has_chat = stands & (u["chat"] < service.chat)
        by_bot = u["bot_resolves"] < service.bot_resolves
        by_human = u["human_resolves"] < service.human_resolves
        chat = np.select(
            [~has_chat, by_bot, by_human],
            [NO_CHAT, BOT_RESOLVED, HUMAN_RESOLVED],
            UNRESOLVED,
        )
        chat_ms = ms + _millis(0.05 + 2 * u["chat_at"])

        leaves = np.zeros(len(who), dtype=np.uint8)
        for cause, happens, chance_, at in (
            (LATE, is_late, causes.late_delivery_dropout, delivered_ms),
            (SLOW, is_slow, causes.slow_ticket_dropout, resolved_ms),
            (CHAT, chat == UNRESOLVED, causes.unresolved_chat_dropout, chat_ms),
        ):
            goes = happens & (u[f"leaves-{cause}"] < chance_)
            if not goes.any():
                continue
            leaves |= goes.astype(np.uint8) << np.uint8(cause)
            at_day = (at[goes] - self.plan.start_ms) // DAY_MS
            for due in np.unique(at_day):
                those = who[goes][at_day == due]
                self._due_departures[int(due) + 1].append((those, cause))

        self.log.add(
            "orders",
            person=who,
            key=keys,
            ms=ms,
            visit=visit_keys,
            number=number,
            place=place,
            has_coupon=has_coupon,
            coupon_day=coupon_day,
            needs=needs,
            is_cancelled=is_cancelled,
            is_member=is_member | joins,
            joins=joins,
            is_late=is_late,
            delivered_ms=delivered_ms,
            ticket_ms=np.where(has_ticket, ticket_ms, NEVER),
            is_slow=is_slow,
            response_ms=response_ms,
            resolved_ms=resolved_ms,
            chat_ms=np.where(has_chat, chat_ms, NEVER),
            chat=chat,
            leaves=leaves,
        )
        chance = self.scenario.voice.referral * people.talkativeness[who]
        refers = stands & (u["refers"] < chance)
        self._refer(who[refers], keys[refers], delivered_ms[refers])

    def _refer(self, who: Ints, order_keys: Keys, delivered_ms: Ints) -> None:
        """Invitations; those that work bring people of this chunk's waiting places."""
        if not len(who):
            return
        people, draws = self.people, self.draws
        keys = draws.keys("referral", order_keys)
        ms = delivered_ms + _millis(1 + 4 * draws.uniform("refers_at", keys))
        works = draws.chance("converts", keys, self.scenario.voice.referral_converts)
        works &= np.cumsum(works) <= len(people) - self._next_referred
        referee = np.full(len(who), -1)
        n = int(works.sum())
        referee[works] = np.arange(self._next_referred, self._next_referred + n)
        self._next_referred += n
        days = (ms - self.plan.start_ms) / DAY_MS
        arrival = days + 1 + 9 * draws.uniform("referred_at", keys)
        people.arrival[referee[works]] = arrival[works]
        for slot in referee[works]:
            self._due_referred[int(people.arrival[slot])].append(np.array([slot]))
        converted_ms = np.full(len(who), NEVER)
        converted_ms[works] = self.plan.clock_ms(arrival[works])
        self.log.add(
            "referrals",
            person=who,
            key=keys,
            ms=ms,
            referee=referee,
            converted_ms=converted_ms,
        )

    def _expose(self, day: int, who: Ints, ms: Ints) -> None:
        """Put visitors in the experiments of the day; the variant works from then."""
        for number, experiment in enumerate(self._experiments):
            if not _is_on(experiment, day):
                continue
            new = (self._variant[number, who] < 0) & (occurrence(who) == 0)
            those = who[new]
            keys = self.draws.keys("exposure", self.people.keys[those], number)
            treated = self.draws.chance("variant", keys, experiment.true_share)
            self._variant[number, those] = treated
            self.log.add(
                "exposures",
                person=those,
                key=keys,
                ms=ms[new],
                experiment=number,
                variant=treated,
            )

    def _follow_habits(
        self, day: int, active: Ints, start: Floats, end: Floats
    ) -> None:
        """Visits with no intent, ads, and personal mails."""
        u = self.draws.uniform("habit", self.people.keys[active], day)
        some = np.flatnonzero(u < self._habits[-1, active])
        if not len(some):
            return
        who, u = active[some], u[some]
        keys = self.draws.keys("habits", self.people.keys[who], day)
        span = end[some] - start[some]
        when = day + start[some] + self.draws.uniform("time", keys) * span
        there = span > 0
        habit = (u >= self._habits[:, who]).sum(axis=0)
        looks = (habit == 0) & there
        entry, campaign = self._entries(day, who[looks], keys[looks])
        self._visit(day, who[looks], keys[looks], when[looks], entry, campaign)
        sees = (habit > 0) & (habit <= len(self._channels)) & there
        self._see_ads(day, who[sees], keys[sees], when[sees], habit[sees] - 1)
        mailed = (habit == len(self._channels) + 1) & (self.n_orders[who] > 0) & there
        mailed &= self.consent_until[who] > day + 1
        mailed &= self.account_ms[who] < self.plan.ms(day)
        self._mail_out(day, who[mailed], when[mailed], PERSONAL)

    def _see_ads(
        self, day: int, who: Ints, keys: Keys, when: Floats, channel: Ints
    ) -> None:
        rates = np.array([entry.click_rate for entry in self._channels])
        clicked = self.draws.chance("ad_click", keys, rates[channel])
        if day < self.last_day:
            self.log.add(
                "ads",
                person=who,
                key=keys,
                ms=self.plan.clock_ms(when) - AD_MS,
                channel=channel,
                clicked=clicked,
            )
        who, keys, channel = who[clicked], keys[clicked], channel[clicked]
        campaign = self.codes.ads(channel, day)
        self._visit(day, who, keys, when[clicked], channel, campaign)
        days = np.array([entry.lift_days for entry in self._channels])
        self._lift(channel, who, day + 1 + days[channel])

    def _send_mails(self, day: int) -> None:
        for mail, is_due, reach in zip(
            (CAMPAIGN, COUPON),
            is_mail_day(self.plan, day),
            (
                self.scenario.causes.campaign_reach,
                self.scenario.causes.coupon_reach,
            ),
            strict=True,
        ):
            if is_due:
                here = (self.state == ACTIVE) | (self.state == DORMANT)
                here &= self.account_ms < self.plan.ms(day)
                who = np.flatnonzero(here & (self.consent_until > day + 1))
                keys = self.people.keys[who]
                who = who[self.draws.chance(f"reach-{mail}", keys, reach, day)]
                hour = self.draws.uniform(f"mailed-{mail}", self.people.keys[who], day)
                self._mail_out(day, who, day + 0.4 + 0.1 * hour, mail)

    def _mail_out(self, day: int, who: Ints, when: Floats, mail: int) -> None:
        """Send mails; what is delivered works from the next day on."""
        if not len(who):
            return
        draws, people = self.draws, self.people
        keys = draws.keys(f"mail-{mail}", people.keys[who], day)
        u = draws.uniforms(_MAILING, keys)
        bounced = u[0] < 0.01
        is_here = self.state[who] == ACTIVE
        affinity = people.mail_affinity[who] * np.where(is_here, 1.0, 0.2)
        opened = ~bounced & (u[1] < affinity)
        clicked = opened & is_here & (u[2] < 0.2)
        unsubscribed = opened & (u[3] < 0.01)
        ms = self.plan.clock_ms(when)
        code = CampaignCodes.PERSONAL if mail == PERSONAL else self.codes.mail(day)
        until = day + 1 + self.scenario.causes.mail_days
        delivered = who[~bounced]
        self._lift(np.full(len(delivered), self._mail + mail), delivered, until)
        quits = who[unsubscribed]
        self.consent_until[quits] = np.minimum(self.consent_until[quits], day + 1)
        if day >= self.last_day:
            return
        self.log.add(
            "mails",
            person=who,
            key=keys,
            ms=ms,
            campaign=code,
            bounced=bounced,
            opened=opened,
            clicked=clicked,
            unsubscribed=unsubscribed,
        )
        visit_keys = draws.keys("mail_visit", keys[clicked])
        self.log.add(
            "visits",
            person=who[clicked],
            key=visit_keys,
            ms=ms[clicked] + CLICK_MS,
            entry=self._mail,
            campaign=code,
            reach=BROWSED,
            payment=PAID,
            left_by_payment=False,
            order=0,
            place=WEB,
        )

    def _lift(self, bits: Ints, who: Ints, until: Any) -> None:
        self._lift_until[bits, who] = until
        self._any_lift_until[who] = np.maximum(self._any_lift_until[who], until)

    # Accounts, departures and returns

    def _open_accounts(self, who: Ints, when: Floats) -> None:
        new = self.account_ms[who] == NEVER
        who, when = who[new], when[new]
        keys, dirt = self.people.keys[who], self.scenario.dirt
        self.account_ms[who] = self.plan.clock_ms(when)
        agrees = self.people.consents[who]
        until = np.full(len(who), np.inf)
        if dirt.consent_withdrawn_rate > 0:
            stay = self.draws.exponential("withdraws", keys)
            until = when + stay / dirt.consent_withdrawn_rate
        self.consent_until[who[agrees]] = until[agrees]
        if dirt.erasure_rate > 0:
            stay = self.draws.exponential("erasure", keys)
            self.erased_at[who] = when + stay / dirt.erasure_rate

    def _erase(self, day: int) -> None:
        asks = np.flatnonzero(self.erased_at < day)
        if len(asks):
            self.state[asks] = GONE
            self.consent_until[asks] = np.minimum(self.consent_until[asks], day)
            self.erased_ms[asks] = self.plan.ms(day)
            self.erased_at[asks] = np.inf

    def _depart_by_causes(self, day: int) -> None:
        for who, cause in self._due_departures.pop(day, []):
            those = np.unique(who[self.state[who] == ACTIVE])
            when = np.full(len(those), float(day))
            self._leave(those, when, cause)

    def _depart(self, day: int, active: Ints) -> None:
        those = active[self.leaves_at[active] < day + 1]
        self._leave(those, self.leaves_at[those], -1)

    def _leave(self, who: Ints, when: Floats, cause: int) -> None:
        if not len(who):
            return
        self.state[who] = DORMANT
        keys = self.draws.numbered(
            "departure", self.people.keys[who], self._n_departures[who]
        )
        self._n_departures[who] += 1
        rate = self.scenario.people.return_rate
        if rate > 0:
            knows = self.n_orders[who] > 0
            stay = self.draws.exponential("stays_away", keys) / rate
            self.returns_at[who[knows]] = (when + stay)[knows]
        self.log.add("departures", person=who, ms=self.plan.clock_ms(when), cause=cause)

    def _come_back(self, day: int) -> None:
        due = np.flatnonzero((self.returns_at < day + 1) & (self.state == DORMANT))
        if not len(due):
            return
        # Nobody is back on the day of leaving: the day's presence has one beginning.
        when = np.maximum(self.returns_at[due], day)
        keys = self.draws.numbered(
            "return", self.people.keys[due], self._n_departures[due]
        )
        self.state[due] = ACTIVE
        self.returns_at[due] = np.inf
        self.present_from[due] = when
        stay = self.draws.exponential("leaves_again", keys)
        self.leaves_at[due] = when + stay / self.people.dropout_rate[due]
        self.log.add("returns", person=due, ms=self.plan.clock_ms(when))
        entry, campaign = self._entries(day, due, keys)
        self._visit(day, due, keys, when, entry, campaign)


def occurrence(who: Ints) -> Ints:
    """Return how often each entry has come before in the array."""
    order = np.argsort(who, kind="stable")
    ranked = who[order]
    is_new = np.ones(len(who), dtype=np.bool_)
    is_new[1:] = ranked[1:] != ranked[:-1]
    positions = np.arange(len(who))
    begin = np.maximum.accumulate(np.where(is_new, positions, 0))
    result = np.empty(len(who), dtype=np.int64)
    result[order] = positions - begin
    return result


def _millis(days: Floats) -> Ints:
    return (days * DAY_MS).astype(np.int64)


def _is_on(experiment: Experiment, day: int) -> bool:
    return bool(experiment.from_day <= day < experiment.from_day + experiment.days)
