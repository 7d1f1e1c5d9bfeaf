"""What the log of a world implies: basket lines, page views, refunds, voices.

Everything here is a number; `exports` writes it as systems would, `truth` as it is.
Instants are in milliseconds, amounts in cents of the order's currency.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import special

from journey_clv.simulate.draws import Flags, Floats, Ints, Keys, pick, poisson
from journey_clv.simulate.plan import CURRENCIES, CURRENCY_OF, DAY_MS, Plan
from journey_clv.simulate.world import (
    BROWSED,
    CHECKED_OUT,
    CHECKOUT_MS,
    ORDERED,
    PAID,
    STORE,
    Columns,
    World,
)

LANDS, SEARCHES, VIEWS, WISHES, CARTS, CHECKS_OUT, FAILS, BUYS = range(8)
NPS, CSAT, CES = range(3)
JOIN, EARN, REDEEM, TIER, EXPIRE = range(5)
LIKE, COMMENT, SHARE, MENTION, POST = range(5)
KIOSKS = 3


def catalogue(plan: Plan) -> tuple[Ints, Ints]:
    """Prices and costs of the products, in cents of the reporting currency.

    Prices rise by equal steps of their logarithm; costs vary around their share.
    """
    journey = plan.scenario.journey
    low, high = np.log(journey.price_from), np.log(journey.price_to)
    prices = np.exp(np.linspace(low, high, journey.products))
    numbers = np.arange(journey.products, dtype=np.uint64)
    wobble = 0.85 + 0.3 * plan.draws.uniform("cost", numbers)
    costs = prices * np.minimum(journey.cost_share * wobble, 0.98)
    return np.rint(prices * 100).astype(np.int64), np.rint(costs * 100).astype(np.int64)


def order_lines(world: World, orders: Columns) -> Columns:
    """Fill the baskets: products whose prices add up to what was to be spent.

    What is to be spent is Gamma(p, nu); it is met but for the steps of the catalogue.
    """
    plan, draws = world.plan, world.draws
    journey, people = plan.scenario.journey, plan.scenario.people
    prices, costs = catalogue(plan)
    keys = orders["key"]
    spend = (
        special.gammaincinv(people.spend_shape, draws.uniform("spend", keys))
        / world.people.spend_nu[orders["person"]]
    )
    mean = np.full(len(keys), journey.lines_mean - 1)
    n_lines = 1 + poisson(draws.uniform("n_lines", keys), mean)
    order = np.repeat(np.arange(len(keys)), n_lines)
    first = np.concatenate([[0], np.cumsum(n_lines)[:-1]]).astype(np.int64)
    number = np.arange(len(order)) - first[order]
    line_keys = draws.numbered("line", keys[order], number)
    weight = draws.exponential("line_weight", line_keys) + 0.2
    total = np.bincount(order, weights=weight, minlength=len(keys))
    cents = 100 * spend[order] * weight / total[order]
    quantity = np.where(draws.uniform("quantity", line_keys) < 0.2, 2, 1)
    quantity = np.where(cents < 2 * prices[0], 1, quantity)
    quantity = np.maximum(quantity, np.ceil(cents / prices[-1]).astype(np.int64))
    step = np.log(prices[-1] / prices[0]) / (len(prices) - 1)
    product = np.rint(np.log(cents / quantity / prices[0]) / step).astype(np.int64)
    product = np.clip(product, 0, len(prices) - 1)
    rate = rates(world, orders)[order]
    unit_price = np.maximum(np.rint(prices[product] / rate).astype(np.int64), 1)
    discount = np.where(
        orders["has_coupon"][order],
        np.rint(unit_price * quantity * plan.scenario.causes.coupon_discount),
        0,
    ).astype(np.int64)
    return {
        "order": order,
        "key": line_keys,
        "number": number + 1,
        "product": product,
        "quantity": quantity,
        "unit_price": unit_price,
        "unit_cost": np.rint(costs[product] / rate).astype(np.int64),
        "discount": discount,
    }


def order_amounts(world: World, orders: Columns, lines: Columns) -> Columns:
    """Add up the baskets: goods, cost, discount, tax, shipping, amount, by order."""
    journey = world.scenario.journey
    n = len(orders["key"])

    def total(values: NDArray[np.int64]) -> Ints:
        summed = np.bincount(lines["order"], weights=values, minlength=n)
        return summed.astype(np.int64)

    goods = total(lines["unit_price"] * lines["quantity"])
    cost = total(lines["unit_cost"] * lines["quantity"])
    discount = total(lines["discount"])
    rate = rates(world, orders)
    net = goods - discount
    tax = np.rint(net * journey.tax).astype(np.int64)
    free = net * rate >= 100 * journey.shipping_free_from
    free |= orders["place"] == STORE
    shipping = np.where(free, 0, np.rint(100 * journey.shipping / rate))
    shipping = shipping.astype(np.int64)
    return {
        "goods": goods,
        "cost": cost,
        "discount": discount,
        "tax": tax,
        "shipping": shipping,
        "amount": net + tax + shipping,
        "rate": rate,
    }


def rates(world: World, orders: Columns) -> Floats:
    """Return what a unit of each order's currency is worth on the order's day."""
    country = world.people.country[orders["person"]]
    result = np.ones(len(country))
    if not len(country):
        return result
    day = (orders["ms"] - world.plan.start_ms) // DAY_MS
    by_day = world.plan.exchange_rates(int(day.max()))
    for currency in CURRENCIES:
        index = [i for i, name in enumerate(CURRENCY_OF) if name == currency]
        those = np.isin(country, index)
        result[those] = by_day[currency][day[those]]
    return result


def refunds(world: World, orders: Columns, amounts: Columns) -> Columns:
    """Money given back for what was sent back: all of the goods, or a part."""
    journey, draws = world.scenario.journey, world.draws
    chance = np.where(orders["is_cancelled"], 0.0, journey.returned)
    row = np.flatnonzero(draws.uniform("returned", orders["key"]) < chance)
    keys = draws.keys("refund", orders["key"][row])
    u = draws.uniforms(("partly", "part", "refund_at", "refund_late", "reason"), keys)
    part = np.where(u[0] < journey.returned_partly, 0.2 + 0.6 * u[1], 1.0)
    paid = amounts["goods"] - amounts["discount"] + amounts["tax"]
    days = 3 + 14 * u[2] + np.where(u[3] < journey.refund_late, 60.0, 0.0)
    cents = np.rint(paid[row] * part).astype(np.int64)
    given = cents > 0
    return {
        "order": row[given],
        "key": keys[given],
        "ms": (orders["delivered_ms"][row] + (days * DAY_MS).astype(np.int64))[given],
        "cents": cents[given],
        "goods": np.rint(cents / (1 + journey.tax)).astype(np.int64)[given],
        "reason": (u[4] * 4).astype(np.int64)[given],
    }


def _after_orders(
    world: World, orders: Columns, name: str, chance: float, days: float
) -> tuple[Ints, Keys, Ints]:
    """Things that talkative people do up to so many days after a delivery.

    Returns the rows of the orders, new keys, and instants.
    """
    draws = world.draws
    talk = world.people.talkativeness[orders["person"]]
    happens = draws.uniform(name, orders["key"]) < chance * talk
    happens &= ~orders["is_cancelled"]
    row = np.flatnonzero(happens)
    keys = draws.keys(f"{name}-key", orders["key"][row])
    wait = (0.5 + days * draws.uniform(f"{name}-at", keys)) * DAY_MS
    return row, keys, orders["delivered_ms"][row] + wait.astype(np.int64)


def _happiness(world: World, orders: Columns, row: Ints, keys: Keys) -> Floats:
    """Return a score around 0: the person's, less what a late delivery costs."""
    mood = world.people.satisfaction[orders["person"][row]]
    mood = 0.8 * mood + 0.6 * world.draws.normal("mood", keys)
    late = np.where(orders["is_late"][row], world.scenario.voice.late_costs, 0.0)
    return np.asarray(mood - late)


def reviews(world: World, orders: Columns) -> Columns:
    """Reviews, with stars from 1 to 5."""
    voice, draws = world.scenario.voice, world.draws
    row, keys, ms = _after_orders(world, orders, "review", voice.review, 20)
    mood = _happiness(world, orders, row, keys)
    rating = np.clip(np.rint(4.2 + mood), 1, 5).astype(np.int64)
    quoted = draws.uniform("testimonial", keys) < voice.testimonial
    return {
        "order": row,
        "key": keys,
        "ms": ms,
        "person": orders["person"][row],
        "rating": rating,
        "is_testimonial": (rating >= 4) & quoted,
        "product": popular(world, keys),
    }


def surveys(world: World, orders: Columns) -> Columns:
    """Answers: NPS from 0 to 10, CSAT from 1 to 5, CES from 1 to 7."""
    draws = world.draws
    row, keys, ms = _after_orders(
        world, orders, "survey", world.scenario.voice.survey, 10
    )
    mood = _happiness(world, orders, row, keys)
    kind = draws.choice("survey_type", keys, (0.5, 0.3, 0.2))
    score = np.select(
        [kind == NPS, kind == CSAT],
        [np.clip(8 + 2 * mood, 0, 10), np.clip(4.1 + mood, 1, 5)],
        np.clip(5.2 + 1.3 * mood, 1, 7),
    )
    return {
        "order": row,
        "key": keys,
        "ms": ms,
        "sent_ms": ms - (1 + draws.integers("sent", keys, 36)) * 3_600_000,
        "person": orders["person"][row],
        "kind": kind,
        "score": np.rint(score).astype(np.int64),
    }


def social(world: World, orders: Columns) -> Columns:
    """Likes, comments, shares, mentions and posts."""
    draws = world.draws
    row, keys, ms = _after_orders(
        world, orders, "social", world.scenario.voice.social, 30
    )
    mood = _happiness(world, orders, row, keys)
    return {
        "order": row,
        "key": keys,
        "ms": ms,
        "person": orders["person"][row],
        "kind": draws.choice("engagement", keys, (0.45, 0.2, 0.12, 0.13, 0.1)),
        "sentiment": np.clip(np.round(0.4 + 0.3 * mood, 2), -1, 1),
        "reach": 20 + draws.integers("reach", keys, 600),
        "platform": draws.integers("platform", keys, 3),
    }


def loyalty(world: World, orders: Columns, amounts: Columns) -> Columns:
    """Points: joined, earned, redeemed, a new tier, expired."""
    draws = world.draws
    stands = ~orders["is_cancelled"]
    member = orders["is_member"] & stands
    u = draws.uniforms(("redeems", "expires", "wait"), orders["key"])
    points = np.maximum(amounts["goods"] * amounts["rate"] // 100, 1).astype(np.int64)
    wait = ((1 + 20 * u[2]) * DAY_MS).astype(np.int64)
    parts = []
    for kind, happens, delay, moved in (
        (JOIN, orders["joins"] & stands, 5 * 60_000, np.zeros_like(points)),
        (EARN, member, 10 * 60_000, points),
        (REDEEM, member & (u[0] < 0.1), wait, np.maximum(points // 2, 1)),
        (TIER, member & (orders["number"] % 8 == 0), 15 * 60_000, points * 0),
        (EXPIRE, member & (u[1] < 0.03), 300 * DAY_MS, np.maximum(points // 3, 1)),
    ):
        row = np.flatnonzero(happens)
        parts.append(
            {
                "order": row,
                "key": draws.keys(f"loyalty-{kind}", orders["key"][row]),
                "ms": (orders["ms"] + delay)[row],
                "person": orders["person"][row],
                "kind": np.full(len(row), kind),
                "points": moved[row],
                "tier": np.minimum(orders["number"][row] // 8, 2),
            }
        )
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def sales_activities(world: World, orders: Columns) -> Columns:
    """Calls, meetings, quotes and demos, some days after one order in fifty."""
    draws = world.draws
    happens = draws.uniform("activity", orders["key"]) < 0.02
    row = np.flatnonzero(happens & ~orders["is_cancelled"])
    keys = draws.keys("activity-key", orders["key"][row])
    u = draws.uniforms(("activity-at", "activity-kind", "outcome", "owner"), keys)
    return {
        "order": row,
        "key": keys,
        "ms": orders["ms"][row] + ((1 + 9 * u[0]) * DAY_MS).astype(np.int64),
        "person": orders["person"][row],
        "kind": pick(u[1], (0.5, 0.2, 0.2, 0.1)),
        "outcome": (u[2] * 3).astype(np.int64),
        "owner": (u[3] * 4).astype(np.int64),
    }


def _layout(world: World, visits: Columns) -> Ints:
    """How many events of each kind a visit has, in their order: (kinds, visits)."""
    journey, draws = world.scenario.journey, world.draws
    u = draws.uniforms(("views", "searches", "wishes"), visits["key"])
    reach, intends = visits["reach"], visits["reach"] > BROWSED
    bounced = bounces(world, visits)
    views = 1 + poisson(u[0], np.full(len(reach), journey.views_mean))
    return np.stack(
        [
            np.ones(len(reach), dtype=np.int64),
            ~bounced & (u[1] < journey.search),
            np.where(bounced, 0, views),
            ~intends & ~bounced & (u[2] < journey.wishlist),
            intends,
            reach >= CHECKED_OUT,
            visits["payment"] != PAID,
            reach == ORDERED,
        ]
    )


def bounces(world: World, visits: Columns) -> Flags:
    """Tell which visits end on the page where they began."""
    u = world.draws.uniform("bounces", visits["key"])
    return np.asarray((visits["reach"] == BROWSED) & (u < 0.35))


def checkout_ms(world: World, visits: Columns) -> Ints:
    """Return the milliseconds from a visit's begin to its checkout."""
    bounds = np.cumsum(_layout(world, visits), axis=0)
    last = np.maximum(bounds[-1] - 1, 1)
    return np.asarray(CHECKOUT_MS * bounds[CHECKS_OUT - 1] // last)


def page_events(world: World, visits: Columns) -> Columns:
    """Take visits apart into events, evenly over the minutes of the visit."""
    bounds = np.cumsum(_layout(world, visits), axis=0)
    total = bounds[-1]
    visit = np.repeat(np.arange(len(total)), total)
    first = np.concatenate([[0], np.cumsum(total)[:-1]]).astype(np.int64)
    position = np.arange(len(visit)) - first[visit]
    kind = np.zeros(len(visit), dtype=np.int8)
    for bound in bounds[:-1]:
        kind += position >= bound[visit]
    last = np.maximum(total - 1, 1)[visit]
    return {
        "visit": visit.astype(np.int32),
        "key": world.draws.numbered("event", visits["key"][visit], position),
        "ms": visits["ms"][visit] + CHECKOUT_MS * position // last,
        "kind": kind,
    }


def popular(world: World, keys: Keys) -> Ints:
    """Return a product for each key, the first ones more often."""
    u = world.draws.uniform("popular", keys)
    return (world.scenario.journey.products * u * u).astype(np.int64)


def customer_keys(world: World, person: Ints, ms: Ints, keys: Keys) -> Keys:
    """Return the CRM contact under which somebody did something at an instant.

    Who has a second contact uses it for every other thing from then on.
    """
    second = ms >= world.second_account_ms[person]
    second &= (keys & np.uint64(1)).astype(np.bool_)
    one, other = contact_keys(world, person)
    return np.where(second, other, one)


def contact_keys(world: World, person: Ints) -> tuple[Keys, Keys]:
    """Return the keys of the first and the second CRM contact of people."""
    keys = world.people.keys[person]
    draws = world.draws
    return draws.keys("contact", keys), draws.keys("contact", keys, 1)


def device_choice(world: World, person: Ints, keys: Keys) -> tuple[Keys, Ints, Ints]:
    """Return on which device somebody is, its type, and its kiosk or -1."""
    u = world.draws.uniforms(("device", "kiosk", "which_kiosk"), keys)
    second = world.people.has_second_device[person] & (u[0] < 0.35)
    device = world.people.devices[second.astype(np.int64), person]
    kind = world.people.device_types[second.astype(np.int64), person]
    at_kiosk = u[1] < world.scenario.dirt.kiosk_visits
    kiosk = np.where(at_kiosk, (u[2] * KIOSKS).astype(np.int64), -1)
    device = np.where(at_kiosk, kiosk_keys(world)[kiosk], device)
    return device, np.where(at_kiosk, 2, kind), kiosk


def kiosk_keys(world: World) -> Keys:
    """Return the keys of the shop's tablets."""
    return world.draws.keys("kiosks", np.arange(KIOSKS, dtype=np.uint64))
