"""The world does what its parameters say, within sampling error."""

import dataclasses
from typing import Any

import numpy as np
import pytest
from scipy import stats

from journey_clv.btyd import ParetoNbd
from journey_clv.simulate import facts
from journey_clv.simulate.draws import Draws, pick, poisson
from journey_clv.simulate.plan import DAY_MS, Plan
from journey_clv.simulate.scenario import (
    TRAITS,
    Experiment,
    Scenario,
    load_scenario,
)
from journey_clv.simulate.world import (
    ACTIVE,
    CARTED,
    CHECKED_OUT,
    LEAVING,
    MAILS,
    NEVER,
    NO_CHAT,
    NOT_PAID,
    ORDERED,
    OUTAGE,
    PAID,
    PAID_AT_SECOND,
    STORE,
    UNRESOLVED,
    World,
    cause_names,
)

SEEDS = (1, 2, 3)
SIGMAS = 4
PAYMENTS = Experiment(
    hypothesis="A second provider fails less.",
    target="payment_failure",
    effect=-0.5,
    planned_share=0.5,
    true_share=0.5,
    from_day=20,
    days=150,
)


def changed(scenario: Scenario, **values: Any) -> Scenario:
    """The scenario with other values, named section__key or section__name__key."""

    def put(part: Any, keys: list[str], value: Any) -> Any:
        if not keys:
            return value
        if isinstance(part, dict):
            return {**part, keys[0]: put(part.get(keys[0]), keys[1:], value)}
        inner = put(getattr(part, keys[0]), keys[1:], value)
        return dataclasses.replace(part, **{keys[0]: inner})

    for name, value in values.items():
        scenario = put(scenario, name.split("__"), value)
    return scenario


def lived(scenario: Scenario, customers: int, months: int, seed: int) -> World:
    plan = Plan(scenario, customers, months, seed)
    world = World(plan, 0, plan.base_days)
    world.run()
    return world


def assert_share(happened: np.ndarray, expected: float) -> None:
    """The share of true values is the expected one, within sampling error."""
    n, k = len(happened), int(happened.sum())
    spread = np.sqrt(n * expected * (1 - expected))
    assert n * min(expected, 1 - expected) > 15, "too few to tell"
    assert abs(k - n * expected) < SIGMAS * spread, (k / n, expected, n)


@pytest.fixture(scope="module", params=SEEDS)
def shop(request: pytest.FixtureRequest) -> World:
    scenario = changed(
        load_scenario("shop"),
        truth__horizons_days=[1],
        # Many of everything, so that shares can be told.
        journey__late=0.3,
        journey__payment_failure=0.2,
        calendar__outage_day=200,
        calendar__outage_hours=12.0,
        service__slow=0.5,
        service__chat=0.3,
        experiments__new_navigation__from_day=300,
        experiments__green_button__from_day=220,
        experiments__second_provider=PAYMENTS,
    )
    return lived(scenario, 5000, 12, request.param)


# Draws


def test_a_draw_is_a_function_of_what_it_is_for():
    keys = np.arange(1000, dtype=np.uint64)
    draws, same, other = Draws(1), Draws(1), Draws(2)
    u = draws.uniform("a", keys)
    assert (u == same.uniform("a", keys[::-1])[::-1]).all()
    assert (u == draws.uniforms(("b", "a"), keys)[1]).all()
    for different in (
        other.uniform("a", keys),
        draws.uniform("b", keys),
        draws.uniform("a", keys, 1),
    ):
        assert abs(np.corrcoef(u, different)[0, 1]) < 0.13
        assert not (u == different).any()


def test_draws_are_uniform_and_independent():
    keys = np.arange(200_000, dtype=np.uint64)
    draws = Draws(7)
    u = draws.uniforms(("a", "b", "c"), keys)
    assert ((u > 0) & (u < 1)).all()
    for row in u:
        assert stats.kstest(row, "uniform").pvalue > 1e-4
    assert np.abs(np.corrcoef(u) - np.eye(3)).max() < 0.01
    # Neighbours in number are no neighbours in value.
    assert abs(np.corrcoef(u[0][1:], u[0][:-1])[0, 1]) < 0.01
    days = np.stack([draws.uniform("a", keys[:2000], day) for day in range(50)])
    assert np.abs(np.corrcoef(days) - np.eye(50)).max() < 0.12


def test_counts_and_choices_have_their_distributions():
    u = Draws(3).uniform("u", np.arange(100_000, dtype=np.uint64))
    counts = poisson(u, np.full(len(u), 2.5))
    assert (counts == stats.poisson(2.5).ppf(u)).all()
    assert_share(pick(u, [1, 0, 3]) == 2, 0.75)
    assert not (pick(u, [1, 0, 3]) == 1).any()


# People


@pytest.mark.parametrize("seed", SEEDS)
def test_traits_have_their_distributions_and_correlations(seed):
    scenario = load_scenario("shop")
    people = World(Plan(scenario, 5000, 12, seed), 0, 365).people
    given = scenario.people
    for values, shape, rate in (
        (people.purchase_rate, given.purchase_shape, given.purchase_scale_days),
        (people.dropout_rate, given.dropout_shape, given.dropout_scale_days),
        (people.spend_nu, given.spend_person_shape, given.spend_person_scale),
    ):
        expected = stats.gamma(shape, scale=1 / rate)
        assert stats.kstest(values, expected.cdf).pvalue > 1e-3
    ranks = {
        "purchase_rate": people.purchase_rate,
        "dropout_rate": people.dropout_rate,
        "spend": -people.spend_nu,
        "price_sensitivity": people.price_sensitivity,
        "satisfaction": people.satisfaction,
        "talkativeness": people.talkativeness,
    }
    scores = np.stack(
        [stats.norm.ppf(stats.rankdata(ranks[t]) / (len(people) + 1)) for t in TRAITS]
    )
    assert np.abs(np.corrcoef(scores) - scenario.correlation()).max() < 0.06
    age = np.corrcoef(-people.birth_year, scores[TRAITS.index("spend")])[0, 1]
    assert abs(age - given.age_from_spend) < 0.06
    assert abs(people.talkativeness.mean() - 1) < 0.08


def test_people_arrive_at_a_growing_rate_and_go_on_after_the_base_period():
    plan = Plan(changed(load_scenario("shop"), people__arrival_growth=3.0), 4000, 12, 1)
    arrival = np.sort(World(plan, 0, plan.base_days + 100).people.arrival)
    arrival = arrival[np.isfinite(arrival)]
    base = arrival[arrival < plan.base_days]
    assert len(base) == 4000
    # Density from 1 to 3: the first half of the time gets 3/8 of the people.
    assert_share(base < plan.base_days / 2, 3 / 8)
    assert abs((len(arrival) - 4000) - 100 * 4000 / 365 * 1.5) <= 1


# Journeys


def test_steps_of_a_visit_have_their_chances(shop: World):
    visits, journey = shop.log.table("visits"), shop.scenario.journey
    reach, payment = visits["reach"], visits["payment"]
    day = (visits["ms"] - shop.plan.start_ms) // DAY_MS
    experiments = shop.scenario.experiments.values()
    plain = np.ones(len(day), dtype=bool)
    for one in experiments:
        if one.effect and one.target == "checkout":
            plain &= (day < one.from_day) | (day >= one.from_day + one.days)
    assert_share(reach[plain & (reach >= CARTED)] >= CHECKED_OUT, journey.checkout)
    tried = (reach == ORDERED) | (payment == NOT_PAID)
    begun, ended = PAYMENTS.from_day, PAYMENTS.from_day + PAYMENTS.days
    plainly_tried = tried & ((day < begun) | (day >= ended))
    assert_share(payment[plainly_tried] != PAID, journey.payment_failure)
    failed = np.isin(payment, (PAID_AT_SECOND, NOT_PAID))
    assert_share(payment[failed] == PAID_AT_SECOND, journey.payment_retry)
    left = visits["left_by_payment"]
    assert_share(left[failed], shop.scenario.causes.payment_failure_dropout)
    assert not left[~failed].any()
    completed = (reach == ORDERED) | (payment != PAID)
    assert_share(completed[reach >= CHECKED_OUT], journey.complete)


def test_what_follows_an_order_has_its_chances(shop: World):
    orders, scenario = shop.log.table("orders"), shop.scenario
    causes, service = scenario.causes, scenario.service
    stands = ~orders["is_cancelled"]
    late, shipped = orders["is_late"], stands & (orders["place"] != STORE)
    ticket, chat = orders["ticket_ms"] < NEVER, orders["chat"]
    leaves = {word: orders["leaves"] >> bit & 1 for bit, word in enumerate(LEAVING)}
    assert_share(~stands, scenario.journey.cancelled)
    assert_share(orders["place"] == STORE, scenario.journey.store)
    assert_share(late[shipped], scenario.journey.late)
    assert_share(ticket[late], service.ticket_if_late)
    assert_share(ticket[stands & ~late], service.ticket)
    assert_share(orders["is_slow"][ticket], service.slow)
    assert_share(chat[stands] != NO_CHAT, service.chat)
    unsettled = (1 - service.bot_resolves) * (1 - service.human_resolves)
    assert_share(chat[chat != NO_CHAT] == UNRESOLVED, unsettled)
    assert_share(leaves["late_delivery"][late] == 1, causes.late_delivery_dropout)
    slow = orders["is_slow"]
    assert_share(leaves["slow_ticket"][slow] == 1, causes.slow_ticket_dropout)
    assert_share(
        leaves["unresolved_chat"][chat == UNRESOLVED] == 1,
        causes.unresolved_chat_dropout,
    )
    for word, exposed in (
        ("late_delivery", late),
        ("slow_ticket", slow),
        ("unresolved_chat", chat == UNRESOLVED),
    ):
        assert not leaves[word][~exposed].any()
    could = stands & (~orders["is_member"] | orders["joins"])
    assert_share(orders["joins"][could], causes.membership_joined)


def test_who_leaves_by_a_cause_is_gone_the_next_day(shop: World):
    orders, departures = shop.log.table("orders"), shop.log.table("departures")
    for bit, at in enumerate(("delivered_ms", "resolved_ms", "chat_ms")):
        goes = (orders["leaves"] >> bit & 1).astype(bool)
        due = (orders[at][goes] - shop.plan.start_ms) // DAY_MS + 1
        expected = set(zip(orders["person"][goes].tolist(), due.tolist(), strict=True))
        by_it = departures["cause"] == bit
        day = (departures["ms"][by_it] - shop.plan.start_ms) // DAY_MS
        happened = set(
            zip(departures["person"][by_it].tolist(), day.tolist(), strict=True)
        )
        assert len(happened) > 20
        # Some were gone already; nobody else goes.
        assert happened <= expected
        assert len(happened) > 0.5 * len(expected)


def test_nothing_is_bought_in_the_outage(shop: World):
    calendar, visits = shop.scenario.calendar, shop.log.table("visits")
    begin = shop.plan.ms(calendar.outage_day + calendar.outage_from_hour / 24)
    end = begin + int(calendar.outage_hours * 3_600_000)
    during = (visits["ms"] >= begin) & (visits["ms"] < end)
    out = visits["payment"] == OUTAGE
    assert out.any()
    assert during[out].all()
    assert (visits["reach"][during] < ORDERED).all()
    before = (visits["ms"] >= begin - DAY_MS) & (visits["ms"] < end - DAY_MS)
    assert (visits["reach"][before] == ORDERED).any()


def test_nobody_acts_before_arriving_or_after_being_forgotten(shop: World):
    people = shop.people
    arrived = shop.plan.clock_ms(np.minimum(people.arrival, 1e5))
    for name in ("visits", "ads", "orders"):
        rows = shop.log.table(name)
        # An ad comes a moment before the visit that it brings.
        assert (rows["ms"] >= arrived[rows["person"]] - 20_000).all()
        assert (rows["ms"] < shop.erased_ms[rows["person"]] + 12 * 60_000).all()
    referrals = shop.log.table("referrals")
    works = referrals["referee"] >= 0
    assert_share(works, shop.scenario.voice.referral_converts)
    referee = referrals["referee"][works]
    assert len(np.unique(referee)) == len(referee)
    assert (arrived[referee] > referrals["ms"][works]).all()
    came = np.isin(referee, np.flatnonzero(np.isfinite(people.arrival)))
    assert came.all()
    bought = np.isin(referee, shop.log.table("orders")["person"])
    assert bought.sum() > 0.2 * len(referee)


# Causes


def test_experiments_are_split_as_they_are_and_change_what_they_change(shop: World):
    exposures, visits = shop.log.table("exposures"), shop.log.table("visits")
    for number, (name, one) in enumerate(shop.scenario.experiments.items()):
        mine = exposures["experiment"] == number
        assert len(np.unique(exposures["person"][mine])) == mine.sum()
        assert_share(exposures["variant"][mine] == 1, one.true_share)
        if name == "new_navigation":
            k, n = int((exposures["variant"][mine] == 1).sum()), int(mine.sum())
            assert stats.binomtest(k, n, one.planned_share).pvalue < 1e-3
        if one.target == "purchase_rate":
            continue
        variant = np.full(len(shop.people), -1)
        since = np.full(len(shop.people), NEVER)
        variant[exposures["person"][mine]] = exposures["variant"][mine]
        since[exposures["person"][mine]] = exposures["ms"][mine]
        who = visits["person"]
        day = (visits["ms"] - shop.plan.start_ms) // DAY_MS
        inside = (visits["ms"] >= since[who]) & (day < one.from_day + one.days)
        reach, payment = visits["reach"], visits["payment"]
        tried, happened = {
            "checkout": (reach >= CARTED, reach >= CHECKED_OUT),
            "payment_failure": (
                (reach == ORDERED) | (payment == NOT_PAID),
                np.isin(payment, (PAID_AT_SECOND, NOT_PAID)),
            ),
        }[one.target]
        chance = getattr(shop.scenario.journey, one.target)
        for arm, factor in ((0, 1.0), (1, 1 + one.effect)):
            arm_visits = inside & tried & (variant[who] == arm)
            assert_share(happened[arm_visits], chance * factor)


# A world in which no order changes what comes after it: the number of orders without
# a cause is then known from the marks alone.
STEADY = {
    "people__first_order_on_arrival": 1.0,
    "people__arrival_span": 0.05,
    "journey__cart": 1.0,
    "journey__checkout": 1.0,
    "journey__complete": 1.0,
    "journey__price_sensitivity_cost": 0.0,
    "journey__payment_failure": 0.0,
    "journey__cancelled": 0.0,
    "calendar__outage_hours": 0.0,
    "calendar__yearly_amplitude": 0.0,
    "calendar__trend_per_year": 0.0,
    "calendar__holiday_lift": 0.0,
    "causes__late_delivery_dropout": 0.0,
    "causes__slow_ticket_dropout": 0.0,
    "causes__unresolved_chat_dropout": 0.0,
    "causes__coupon_every_days": 14,
    "causes__personal_mail_rate": 0.03,
    "causes__personal_mail_lift": 1.0,
    "causes__membership_joined": 0.5,
    "causes__membership_lift": 1.0,
    "channels__paid_search__touch_rate": 0.2,
    "channels__paid_search__click_rate": 0.5,
    "channels__paid_search__lift": 1.0,
    "voice__referral": 0.0,
    "experiments": {},
    "truth__horizons_days": [1],
}


@pytest.fixture(scope="module")
def steady() -> World:
    return lived(changed(load_scenario("shop"), **STEADY), 5000, 6, 5)


@pytest.mark.parametrize(
    ("cause", "parameter"),
    [
        ("paid_search", "channels__paid_search__lift"),
        ("campaign", "causes__campaign_lift"),
        ("coupon", "causes__coupon_lift"),
        ("personal_mail", "causes__personal_mail_lift"),
        ("membership", "causes__membership_lift"),
    ],
)
def test_orders_that_need_a_cause_are_those_that_go_without_it(
    steady: World, cause: str, parameter: str
):
    without = lived(
        changed(load_scenario("shop"), **{**STEADY, parameter: 0.0}), 5000, 6, 5
    )
    bit = cause_names(steady.plan).index(cause)
    needs = steady.log.table("orders")["needs"] >> np.uint64(bit) & np.uint64(1)
    needed = int(needs.sum())
    gone = len(needs) - len(without.log.table("orders")["needs"])
    assert needed > 150
    assert abs(gone - needed) < SIGMAS * np.sqrt(2 * needed)


def test_orders_that_need_better_payments_are_exactly_those_that_go_without():
    """Nothing changes what comes later: the worlds differ by those orders only."""
    people = load_scenario("shop").people
    still = {
        **STEADY,
        "people__first_intent_rate": people.purchase_shape / people.purchase_scale_days,
        "people__prospect_dropout_rate": 0.0,
        "people__dropout_scale_days": 1e9,
        "causes__membership_joined": 0.0,
        "causes__payment_failure_dropout": 0.0,
        **{f"causes__{mail}_lift": 0.0 for mail in MAILS},
        "journey__payment_failure": 0.3,
        "journey__payment_retry": 0.5,
    }
    worlds = [
        lived(
            changed(
                load_scenario("shop"),
                **still,
                experiments__payments=dataclasses.replace(PAYMENTS, effect=effect),
            ),
            2000,
            6,
            5,
        )
        for effect in (PAYMENTS.effect, 0.0, 1.0)
    ]
    bit = np.uint64(cause_names(worlds[0].plan).index("payments"))
    tables = [world.log.table("orders") for world in worlds]
    better, same, worse = (set(orders["key"].tolist()) for orders in tables)
    needed = [orders["needs"] >> bit & np.uint64(1) == 1 for orders in tables]
    assert same < better
    assert better - same == set(tables[0]["key"][needed[0]].tolist())
    assert len(better - same) > 150
    # Where the treatment makes payments fail, orders are lost, and none needs it.
    assert worse < same
    assert not needed[1].any()
    assert not needed[2].any()


def test_the_channel_that_is_only_present_is_needed_by_no_order(steady: World):
    needs = steady.log.table("orders")["needs"]
    entries = steady.log.table("visits")["entry"]
    bit = cause_names(steady.plan).index("brand_search")
    assert (entries == bit).mean() > 0.05
    assert not (needs >> np.uint64(bit) & np.uint64(1)).any()


def test_a_campaign_adds_its_lift_to_who_gets_it_at_random(steady: World):
    """As an analyst would measure it: mailed against not, of those who may be."""
    mails, orders = steady.log.table("mails"), steady.log.table("orders")
    causes, plan = steady.scenario.causes, steady.plan
    rates = {True: [0, 0], False: [0, 0]}
    for day in range(3, plan.base_days - causes.mail_days, causes.campaign_every_days):
        code = mails["campaign"] == steady.codes.mail(day)
        mailed = np.unique(mails["person"][code & ~mails["bounced"]])
        may = (steady.account_ms < plan.ms(day)) & (steady.consent_until > day + 1)
        window = (orders["ms"] >= plan.ms(day + 1)) & (
            orders["ms"] < plan.ms(day + 1 + causes.mail_days)
        )
        buyers = orders["person"][window]
        for arm in (True, False):
            people = np.flatnonzero(may & (np.isin(np.arange(len(may)), mailed) == arm))
            rates[arm][0] += int(np.isin(buyers, people).sum())
            rates[arm][1] += len(people)
    with_mail, without = (k / n for k, n in (rates[True], rates[False]))
    error = np.sqrt(1 / rates[True][0] + 1 / rates[False][0])
    assert error < 0.08
    lift = np.log(with_mail / without)
    assert abs(lift - np.log(1 + causes.campaign_lift)) < SIGMAS * error


def test_orders_follow_the_weekdays_and_the_hours(steady: World):
    orders, calendar = steady.log.table("orders"), steady.scenario.calendar
    later = orders["ms"][orders["number"] > 1]
    day = (later - steady.plan.start_ms) // DAY_MS
    # Demand by day decays as people leave: compare within each week.
    weeks = (steady.plan.base_days - 10) // 7
    whole = (day >= 14) & (day < 7 * weeks)
    weekday = (day[whole] + steady.plan.start.weekday()) % 7
    weights = np.array(calendar.weekday_weights)
    for number in range(7):
        expected = weights[number] / weights.sum()
        assert abs((weekday == number).mean() - expected) < 0.02
    hour = (later - facts.CHECKOUT_MS) % DAY_MS // 3_600_000
    online = orders["place"][orders["number"] > 1] != STORE
    hours = np.array(calendar.hour_weights) / sum(calendar.hour_weights)
    counts = np.bincount(hour[online], minlength=24)
    assert np.abs(counts / counts.sum() - hours).max() < 0.012


def test_demand_has_a_year_a_trend_and_a_peak_over_new_year():
    scenario = changed(
        load_scenario("shop"),
        calendar__holiday_month=12,
        calendar__holiday_day=20,
        calendar__holiday_days=20,
    )
    plan = Plan(scenario, 10, 24, 1)
    calendar = scenario.calendar
    year = np.array([plan.demand(day) for day in range(365)])
    assert abs(year.mean() - 1) < 0.1
    peak = [plan.is_holiday(plan.date(day)) for day in range(365)]
    # 1 to 8 January, and 20 to 31 December.
    assert [sum(peak[:31]), sum(peak[300:])] == [8, 12]
    weekday = np.array(calendar.weekday_weights) / np.mean(calendar.weekday_weights)
    same = plan.demand(200) / weekday[plan.date(200).weekday()]
    later = plan.demand(565) / weekday[plan.date(565).weekday()]
    trend = [1 + calendar.trend_per_year * day / 365.25 for day in (200, 565)]
    assert later / same == pytest.approx(trend[1] / trend[0], rel=2e-3)


# Buy till you die


def histories(world: World) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """(x, t_x, T) in days up to the end of the base period, and the orders after."""
    orders = world.log.table("orders")
    end = world.plan.ms(world.plan.base_days)
    n = len(world.people)
    first, last = np.full(n, NEVER), np.zeros(n, dtype=np.int64)
    before = orders["ms"] < end
    who, ms = orders["person"][before], orders["ms"][before]
    np.minimum.at(first, who, ms)
    np.maximum.at(last, who, ms)
    x = np.bincount(who, minlength=n) - 1
    future = np.bincount(orders["person"][~before], minlength=n)
    came = first < NEVER
    t_x, T = (last - first) / DAY_MS, (end - first) / DAY_MS
    return x[came].astype(float), t_x[came], T[came], future[came]


@pytest.fixture(scope="module")
def matching() -> list[World]:
    scenario = changed(load_scenario("buy_till_you_die"), truth__horizons_days=[180])
    return [lived(scenario, 4000, 12, seed) for seed in range(11, 17)]


def test_pareto_nbd_recovers_the_world_that_it_describes(matching: list[World]):
    covered, z = [], []
    for world in matching:
        people = world.scenario.people
        truth = np.array(
            [
                people.purchase_shape,
                people.purchase_scale_days,
                people.dropout_shape,
                people.dropout_scale_days,
            ]
        )
        x, t_x, T, _ = histories(world)
        assert len(x) == 4000
        result = ParetoNbd(x, t_x, T).fit()
        low, high = result.conf_int().T
        covered.append((low < truth) & (truth < high))
        z.append(np.log(result.params / truth) * result.params / result.bse)
    # 24 intervals of 95 %: fewer than 19 have a chance of one in a thousand.
    assert np.sum(covered) >= 19
    assert np.abs(z).max() < SIGMAS
    # No drift over the seeds either.
    assert np.abs(np.mean(z, axis=0) * np.sqrt(len(z))).max() < SIGMAS


def test_expected_orders_are_unbiased_where_the_world_matches(matching: list[World]):
    expected, happened, spread = 0.0, 0.0, 0.0
    for world in matching:
        people = world.scenario.people
        params = (
            people.purchase_shape,
            people.purchase_scale_days,
            people.dropout_shape,
            people.dropout_scale_days,
        )
        x, t_x, T, future = histories(world)
        predicted = ParetoNbd.expected_orders(params, 180.0, x, t_x, T)
        expected += predicted.sum()
        happened += future.sum()
        spread += np.sum((future - predicted) ** 2)
    assert happened > 5000
    assert abs(happened - expected) < SIGMAS * np.sqrt(spread)


def test_spend_is_gamma_gamma_but_for_the_steps_of_the_catalogue(matching: list[World]):
    world = matching[0]
    orders, people = world.log.table("orders"), world.scenario.people
    lines = facts.order_lines(world, orders)
    goods = facts.order_amounts(world, orders, lines)["goods"] / 100
    scaled = goods * world.people.spend_nu[orders["person"]]
    expected = stats.gamma(people.spend_shape)
    assert abs(scaled.mean() / expected.mean() - 1) < 0.01
    assert abs(scaled.std() / expected.std() - 1) < 0.02
    grid = np.linspace(0.05, 0.95, 19)
    found = np.searchsorted(np.sort(scaled), expected.ppf(grid)) / len(scaled)
    assert np.abs(found - grid).max() < 0.012


@pytest.mark.parametrize("seed", SEEDS)
def test_another_future_is_what_the_rates_say(seed: int):
    # Poisson purchases at rate λ until an exponential end of rate μ: the expected
    # number in h days is λ (1 - exp(-μ h)) / μ of who is there, and 0 of who has left.
    days, n_futures = 365, 20
    scenario = load_scenario("buy_till_you_die")
    plan = Plan(scenario, 2000, 12, seed)
    world = World(plan, 0, plan.base_days)
    for day in range(plan.base_days):
        world.live(day)
    knows = world.n_orders > 0
    is_here = knows & (world.state == ACTIVE)
    rate, ends = world.people.purchase_rate, world.people.dropout_rate
    expected = np.where(is_here, rate * (1 - np.exp(-ends * days)) / ends, 0)[knows]

    came = []
    for number in range(n_futures):
        other = world.with_another_future(plan.base_days, seed=1000 + number)
        for day in range(plan.base_days, plan.base_days + days):
            other.live(day)
        orders = other.log.table("orders")
        stands = orders["person"][~orders["is_cancelled"]]
        came.append(np.bincount(stands, minlength=len(knows))[knows])
    totals = np.sum(came, axis=1)
    error = totals.std(ddof=1) / np.sqrt(n_futures)
    assert abs(totals.mean() - expected.sum()) < SIGMAS * error
    assert not np.array(came)[:, ~is_here[knows]].any()
    assert len({tuple(future) for future in came}) == n_futures


def test_another_future_leaves_the_world_as_it_was():
    # Against a world that nobody asked for another.
    plan = Plan(load_scenario("shop"), 300, 12, 1)
    asked, left_alone = (World(plan, 0, plan.base_days) for _ in range(2))
    for day in range(plan.base_days + 60):
        if day == plan.base_days:
            other = asked.with_another_future(day, seed=2)
            for ahead in range(day, day + 60):
                other.live(ahead)
        asked.live(day)
        left_alone.live(day)
    for name in ("orders", "departures", "visits", "referrals"):
        ours, theirs = asked.log.table(name), left_alone.log.table(name)
        assert all(np.array_equal(ours[column], theirs[column]) for column in ours)
