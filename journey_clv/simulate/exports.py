"""The raw tables of a chunk, as the systems of a business export them.

Each table is a `RawTable`: what its rows are about, when they reach the warehouse,
and how to render any of them as Arrow columns. `dirt` then delivers them late or
twice and spoils some values; `run` writes them.

An export is a log of changes: a record that changes (an order cancelled, a ticket
resolved, a contact merged) is sent again, whole, when it does.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from journey_clv.simulate import facts
from journey_clv.simulate.columns import (
    digits,
    hex_ids,
    local_times,
    money,
    names,
    numbers,
    optional_times,
    times,
    vocabulary,
)
from journey_clv.simulate.draws import Flags, Ints, Keys
from journey_clv.simulate.people import DEVICES, GENDERS
from journey_clv.simulate.plan import CURRENCY_OF, DAY_MS, MARKETS, Plan
from journey_clv.simulate.scenario import COUNTRIES
from journey_clv.simulate.world import (
    APP,
    BOT_RESOLVED,
    NEVER,
    STORE,
    UNRESOLVED,
    CampaignCodes,
    Columns,
    World,
)

Rendered = dict[str, pa.Array]
# What the trackers call the steps of a visit: GA4's names on the web, Segment's in
# the app, Snowplow's and plain ones on the shop's tablets.
EVENT_NAMES = (
    "page_view", "view_search_results", "view_item", "add_to_wishlist",
    "add_to_cart", "begin_checkout", "payment_failed", "purchase",
    "Screen Viewed", "Products Searched", "Product Viewed",
    "Product Added to Wishlist", "Product Added", "Checkout Started",
    "Payment Failed", "Order Completed",
    "page_view", "site_search", "product_view", "wishlist_added",
    "add_to_cart", "checkout_step", "payment_failed", "transaction",
)  # fmt: skip
BROWSERS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like "
    "Gecko) Chrome/119.0.0.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_1 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/17.1 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (iPad; CPU OS 16_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, "
    "like Gecko) Version/16.6 Mobile/15E148 Safari/604.1",
)
BOTS = (
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
    "python-requests/2.31.0",
    "Mozilla/5.0 (X11; Linux x64) AppleWebKit/537.36 HeadlessChrome/118.0.0.0",
)
SITE = "https://shop.example"
# Of the channels of the presets: utm source and medium, platform, referrer. Another
# paid channel is its own source and platform, at the medium cpc.
TAGS: dict[str, tuple[str | None, str | None, str | None, str | None]] = {
    "paid_search": ("google", "cpc", "google", "https://www.google.com/"),
    "paid_social": ("facebook", "paid_social", "meta", "https://l.facebook.com/"),
    "affiliate": ("partner", "affiliate", "partner", "https://deals.example/"),
    "brand_search": ("google", "cpc", "google", "https://www.google.com/"),
    "organic_search": (None, None, None, "https://www.google.com/"),
    "organic_social": (None, None, None, "https://www.instagram.com/"),
    "direct": (None, None, None, None),
}
MAIL_TAGS = ("newsletter", "email", None, None)
FRIEND_TAGS = ("friend", "referral", None, None)
VIEWPORTS = ((1440.0, 900.0), (390.0, 844.0), (820.0, 1180.0))
STAFF = 5


@dataclass
class RawTable:
    """The rows of a raw table of a chunk, before any dirt.

    Attributes:
        entity: what a row is about; its rows are late, and spoiled, together.
        row: one key per row.
        person: to whom it belongs, -1 for nobody.
        ms: when it reaches the warehouse.
        is_again: whether it is a later version of a row before it.
        render: the columns of some rows, received at these instants.
        id_column: the column that names the row.
        broken_by: a key of another entity by whose spoiling the row is rejected.
        is_bot: whether it comes from a bot.
    """

    name: str
    entity: Keys
    row: Keys
    person: Ints
    ms: Ints
    is_again: Flags
    render: Callable[[Ints, Ints], Rendered]
    id_column: str
    broken_by: Keys | None = None
    is_bot: Flags | None = None


class Exporter:
    """Makes the raw tables of a world."""

    def __init__(self, world: World, since_ms: int) -> None:
        """Derive the facts; visits, mails and ads before `since_ms` are left out."""
        self.world = world
        self.plan: Plan = world.plan
        self.draws = world.draws
        self.codes = CampaignCodes(world.plan)
        self.orders = world.log.table("orders")
        self.lines = facts.order_lines(world, self.orders)
        self.amounts = facts.order_amounts(world, self.orders, self.lines)
        self.refunds = facts.refunds(world, self.orders, self.amounts)
        self.reviews = facts.reviews(world, self.orders)
        self.surveys = facts.surveys(world, self.orders)
        self.social = facts.social(world, self.orders)
        self.visits, self.mails, self.ads = (
            _since(world.log.table(name), since_ms)
            for name in ("visits", "mails", "ads")
        )
        self._offsets = np.array([MARKETS[name][2] for name in COUNTRIES])
        channels = world.scenario.channels
        self._tags = [
            TAGS.get(
                name, (name, "cpc", name, None) if channel.is_paid else (None,) * 4
            )
            for name, channel in channels.items()
        ] + [MAIL_TAGS, FRIEND_TAGS]

    def tables(self) -> Iterator[RawTable]:
        """Yield every raw table that has rows of people, one at a time."""
        yield self._orders()
        yield self._order_lines()
        yield self._refunds()
        yield self._customers()
        yield self._web_events()
        yield self._messages()
        yield self._ad_interactions()
        yield self._social_engagements()
        yield self._sales_activities()
        yield self._support_tickets()
        yield self._chat_conversations()
        yield self._survey_responses()
        yield self._reviews()
        yield self._referrals()
        yield self._loyalty_events()
        yield self._experiment_exposures()
        yield self._consent_events()
        yield self._erasure_requests()

    # What tables share

    def _simple(
        self,
        name: str,
        id_column: str,
        columns: Columns,
        render: Callable[[Ints, Ints], Rendered],
    ) -> RawTable:
        """A table of things that happen once and do not change."""
        keys = columns["key"]
        return RawTable(
            name=name,
            entity=keys,
            row=keys,
            person=columns["person"].astype(np.int64),
            ms=columns["ms"] + self._lag(keys),
            is_again=np.zeros(len(keys), dtype=np.bool_),
            render=render,
            id_column=id_column,
        )

    def _lag(self, keys: Keys) -> Ints:
        """The usual way to the warehouse: up to two minutes."""
        return 1000 + self.draws.integers("lag", keys, 120_000)

    def _customer(self, columns: Columns, rows: Ints) -> pa.Array:
        person, ms = columns["person"][rows], columns["ms"][rows]
        keys = facts.customer_keys(self.world, person, ms, columns["key"][rows])
        return hex_ids("cus_", keys)

    # The tables

    def _orders(self) -> RawTable:
        """Orders; the cancelled ones again; and those of the staff's test account."""
        orders, amounts, draws = self.orders, self.amounts, self.draws
        keys = orders["key"]
        n = len(keys)
        again = np.flatnonzero(orders["is_cancelled"])
        test = np.flatnonzero(
            draws.uniform("test_order", keys) < self.world.scenario.dirt.test_orders
        )
        source = np.concatenate([np.arange(n), again, test])
        is_again = np.zeros(len(source), dtype=np.bool_)
        is_again[n : n + len(again)] = True
        is_test = np.arange(len(source)) >= n + len(again)
        entity = np.where(is_test, draws.keys("test", keys[source]), keys[source])
        row = np.where(is_again, draws.keys("again", entity), entity)
        wait = (DAY_MS * (0.5 + draws.uniform("cancelled_at", entity))).astype(np.int64)
        ms = orders["ms"][source] + self._lag(entity) + np.where(is_again, wait, 0)
        ms += np.where(is_test, 3_600_000, 0)
        person = np.where(is_test, -1, orders["person"][source])
        staff = staff_keys(self.plan)

        def render(rows: Ints, received: Ints) -> Rendered:
            at = source[rows]
            who, key = orders["person"][at], orders["key"][at]
            tests = is_test[rows]
            customer = facts.customer_keys(self.world, who, orders["ms"][at], key)
            customer = np.where(
                tests, staff[draws.integers("staff", key, STAFF)], customer
            )
            device, _, _ = facts.device_choice(self.world, who, orders["visit"][at])
            knows = orders["place"][at] != STORE
            knows &= ~tests
            knows &= draws.uniform("order_device", key) >= (
                self.world.scenario.dirt.missing_device
            )
            status = draws.choice("status", key, (0.1, 0.15, 0.35, 0.4))
            status = np.select([tests, is_again[rows]], [5, 4], status)
            days, day = np.unique(orders["coupon_day"][at], return_inverse=True)
            return {
                "order_id": hex_ids("ord_", entity[rows]),
                "customer_id": hex_ids("cus_", customer),
                "ordered_at": times(orders["ms"][at] + np.where(tests, 3_600_000, 0)),
                "amount": money(amounts["amount"][at]),
                "currency": names(CURRENCY_OF, self.world.people.country[who]),
                "discount_amount": money(amounts["discount"][at]),
                "tax_amount": money(amounts["tax"][at]),
                "shipping_amount": money(amounts["shipping"][at]),
                "status": vocabulary(
                    ("pending", "paid", "shipped", "completed", "cancelled", "test"),
                    status,
                ),
                "sales_channel": vocabulary(
                    ("web", "app", "store"), orders["place"][at]
                ),
                "coupon_code": vocabulary(
                    [f"SAVE-{self.plan.date(max(int(d), 0)):%y%m%d}" for d in days],
                    day,
                    orders["has_coupon"][at],
                ),
                "anonymous_id": hex_ids("dev_", device, knows),
                "received_at": times(received),
            }

        return RawTable("orders", entity, row, person, ms, is_again, render, "order_id")

    def _order_lines(self) -> RawTable:
        lines, orders = self.lines, self.orders
        order = lines["order"]
        ms = orders["ms"][order] + self._lag(orders["key"][order])

        def render(rows: Ints, received: Ints) -> Rendered:
            return {
                "order_id": hex_ids("ord_", orders["key"][order[rows]]),
                "line_number": numbers(lines["number"][rows]),
                "product_id": digits("SKU-", lines["product"][rows], 5),
                "quantity": numbers(lines["quantity"][rows].astype(np.float64)),
                "unit_price": numbers(lines["unit_price"][rows] / 100),
                "unit_cost": numbers(lines["unit_cost"][rows] / 100),
                "discount_amount": numbers(lines["discount"][rows] / 100),
            }

        return RawTable(
            "order_lines",
            entity=lines["key"],
            row=lines["key"],
            person=orders["person"][order].astype(np.int64),
            ms=ms,
            is_again=np.zeros(len(ms), dtype=np.bool_),
            render=render,
            id_column="order_id",
            broken_by=orders["key"][order],
        )

    def _refunds(self) -> RawTable:
        refunds, orders = self.refunds, self.orders
        order = refunds["order"]
        reasons = ("wrong_size", "damaged", "not_as_described", "changed_mind")

        def render(rows: Ints, received: Ints) -> Rendered:
            country = self.world.people.country[orders["person"][order[rows]]]
            return {
                "refund_id": hex_ids("ref_", refunds["key"][rows]),
                "order_id": hex_ids("ord_", orders["key"][order[rows]]),
                "refunded_at": times(refunds["ms"][rows]),
                "amount": money(refunds["cents"][rows]),
                "reason": vocabulary(reasons, refunds["reason"][rows]),
                "currency": names(CURRENCY_OF, country),
            }

        return RawTable(
            "refunds",
            entity=refunds["key"],
            row=refunds["key"],
            person=orders["person"][order].astype(np.int64),
            ms=refunds["ms"] + self._lag(refunds["key"]),
            is_again=np.zeros(len(order), dtype=np.bool_),
            render=render,
            id_column="refund_id",
            broken_by=orders["key"][order],
        )

    def _customers(self) -> RawTable:
        """CRM contacts: first ones, second ones, and second ones once merged."""
        world, people, draws = self.world, self.world.people, self.draws
        first = np.flatnonzero(world.account_ms < NEVER)
        second = np.flatnonzero(world.second_account_ms < NEVER)
        merged = second[
            draws.uniform("merged", people.keys[second])
            < world.scenario.dirt.contacts_merged
        ]
        who = np.concatenate([first, second, merged])
        is_second = np.arange(len(who)) >= len(first)
        is_merged = np.arange(len(who)) >= len(first) + len(second)
        one, other = facts.contact_keys(world, who)
        entity = np.where(is_second, other, one)
        row = np.where(is_merged, draws.keys("again", entity), entity)
        wait = ((10 + 30 * draws.uniform("merged_at", entity)) * DAY_MS).astype(
            np.int64
        )
        created = np.where(
            is_second, world.second_account_ms[who], world.account_ms[who]
        )
        updated = created + np.where(is_merged, wait, 0)
        sources = [*world.scenario.channels, "referral"]

        def render(rows: Ints, received: Ints) -> Rendered:
            at = who[rows]
            key = people.keys[at]
            known = world.scenario.people.covariate_known
            mail = np.where(is_merged[rows], one[rows], entity[rows])
            return {
                "customer_id": hex_ids("cus_", entity[rows]),
                "email": hex_ids("", draws.keys("email", mail), suffix="@mail.example"),
                "phone": digits(
                    "+1",
                    (draws.keys("phone", key) % np.uint64(10**10)).astype(np.int64),
                    10,
                    draws.uniform("knows_phone", key) < known,
                ),
                "created_at": times(created[rows]),
                "birth_year": numbers(
                    people.birth_year[at], draws.uniform("knows_age", key) < known
                ),
                "gender": vocabulary(
                    GENDERS,
                    people.gender[at],
                    draws.uniform("knows_gender", key) < known,
                ),
                "country": vocabulary(COUNTRIES, people.country[at]),
                "region": digits("R", people.postal_code[at] // 5000, 2),
                "postal_code": digits("", people.postal_code[at], 5),
                "acquisition_source": vocabulary(
                    sources,
                    people.channel[at],
                    draws.uniform("knows_source", key) < known,
                ),
                "is_employee": numbers(people.is_employee[at]),
                "updated_at": times(updated[rows]),
            }

        return RawTable(
            "customers",
            entity=entity,
            row=row,
            person=who,
            ms=updated + self._lag(entity),
            is_again=is_merged,
            render=render,
            id_column="customer_id",
        )

    def _web_events(self) -> RawTable:
        """Visits taken apart, with bots among them."""
        world, draws, dirt = self.world, self.draws, self.world.scenario.dirt
        visits = self.visits
        n = len(visits["key"])
        bots = np.flatnonzero(draws.uniform("bot", visits["key"]) < dirt.bots)
        visits = {
            name: np.concatenate([values, values[bots]])
            for name, values in visits.items()
        }
        is_bot = np.arange(n + len(bots)) >= n
        visits["key"] = np.where(
            is_bot, draws.keys("bots", visits["key"]), visits["key"]
        )
        for name in ("reach", "payment"):
            visits[name] = np.where(is_bot, 0, visits[name])
        owner = np.where(is_bot, -1, visits["person"])
        visits["person"] = np.where(is_bot, 0, visits["person"])
        events = facts.page_events(world, visits)
        visit = events["visit"]

        def render(rows: Ints, received: Ints) -> Rendered:
            part = {name: values[rows] for name, values in events.items()}
            return self._render_web(part, visits, is_bot, received)

        return RawTable(
            "web_events",
            entity=events["key"],
            row=events["key"],
            person=owner[visit],
            ms=events["ms"] + self._lag(events["key"]),
            is_again=np.zeros(len(visit), dtype=np.bool_),
            render=render,
            id_column="event_id",
            is_bot=is_bot[visit],
        )

    def _render_web(
        self, events: Columns, visits: Columns, is_bot: Flags, received: Ints
    ) -> Rendered:
        world, draws, codes = self.world, self.draws, self.codes
        at, key, kind, ms = events["visit"], events["key"], events["kind"], events["ms"]
        who, visit_key = visits["person"][at], visits["key"][at]
        bot = is_bot[at]
        device, device_type, kiosk = facts.device_choice(world, who, visit_key)
        device = np.where(bot, draws.keys("bot_device", visit_key), device)
        skewed = draws.uniform("skewed", device) < world.scenario.dirt.clock_skew
        skew = (1_800_000 * (draws.uniform("skew", device) - 0.5)).astype(np.int64)
        hours = self._offsets[world.people.country[who]]
        # A checkout needs the customer; before it, some are logged in.
        knows = draws.uniform("logged_in", visit_key) < (
            world.scenario.people.logged_in
        )
        knows |= (kind >= facts.CHECKS_OUT) & (visits["reach"][at] == 3)
        knows &= (ms >= world.account_ms[who]) & ~bot
        customer = facts.customer_keys(
            world, who, visits["ms"][at], visits["order"][at]
        )
        u = draws.uniforms(("x", "y", "scroll", "url_tags"), key)
        product = facts.popular(world, key)
        has_product = (kind >= facts.VIEWS) & (kind <= facts.CARTS)
        lands = (kind == facts.LANDS) & ~bot
        entry = visits["entry"][at]
        unique, campaign = np.unique(visits["campaign"][at], return_inverse=True)
        campaigns = [codes.name(int(code)) if code >= 0 else None for code in unique]
        in_url = lands & (u[3] < 0.2) & self._has_tags()[entry]
        tagged = lands & ~in_url
        clicks = (kind >= facts.WISHES) & (kind <= facts.CHECKS_OUT)
        width, height = (np.array(VIEWPORTS)[device_type, i] for i in (0, 1))
        tracker = np.where(kiosk >= 0, 2, np.where(visits["place"][at] == APP, 1, 0))
        browser = np.where(
            bot, len(BROWSERS) + (visit_key % np.uint64(len(BOTS))).astype(np.int64),
            device_type,
        )  # fmt: skip
        searched = np.array([tags[:2] == ("google", "cpc") for tags in self._tags])
        sources, mediums = ([tags[i] for tags in self._tags] for i in (0, 1))
        return {
            "event_id": hex_ids("evt_", key),
            "occurred_at": local_times(ms + np.where(skewed, skew, 0), hours),
            "anonymous_id": hex_ids("dev_", device),
            "event_name": names(EVENT_NAMES, tracker * 8 + kind),
            "customer_id": hex_ids("cus_", customer, knows),
            "page_url": self._urls(kind, product, entry, campaign, campaigns, in_url),
            "referrer": vocabulary([tags[3] for tags in self._tags], entry, lands),
            "utm_source": vocabulary(sources, entry, tagged),
            "utm_medium": vocabulary(mediums, entry, tagged),
            "utm_campaign": vocabulary(campaigns, campaign, tagged),
            "utm_content": vocabulary(
                ("picture", "film", "text"),
                (u[0] * 3).astype(np.int64),
                tagged & self._has_tags()[entry],
            ),
            "utm_term": vocabulary(
                ("homeware", "shop near me", "lamps"),
                (u[1] * 3).astype(np.int64),
                tagged & searched[entry],
            ),
            "device_type": vocabulary(DEVICES, device_type),
            "country": vocabulary(COUNTRIES, world.people.country[who]),
            "user_agent": vocabulary((*BROWSERS, *BOTS), browser),
            "element_id": vocabulary(
                ("wishlist", "add-to-cart", "to-checkout"),
                np.clip(kind - facts.WISHES, 0, 2),
                clicks,
            ),
            "click_x": numbers(np.rint(width * (0.55 + 0.3 * u[0])), clicks),
            "click_y": numbers(np.rint(height * (0.3 + 0.5 * u[1])), clicks),
            "viewport_width": numbers(width),
            "viewport_height": numbers(height),
            "scroll_depth": numbers(np.rint(100 * np.sqrt(u[2])), kind <= facts.VIEWS),
            "product_id": digits("SKU-", product, 5, has_product),
            "search_term": vocabulary(
                ("lamp", "gift", "sale", "blue", "chair", "new"),
                (u[0] * 6).astype(np.int64),
                kind == facts.SEARCHES,
            ),
            "received_at": times(received, "T", "+00:00"),
        }

    def _has_tags(self) -> Flags:
        return np.array([tags[0] is not None for tags in self._tags])

    def _urls(
        self,
        kind: Ints,
        product: Ints,
        entry: Ints,
        campaign: Ints,
        campaigns: list[str | None],
        in_url: Flags,
    ) -> pa.Array:
        """Addresses: pages, products, and landings with campaign tags in them."""
        pages = [f"{SITE}/", f"{SITE}/search", "", f"{SITE}/wishlist", f"{SITE}/cart",
                 f"{SITE}/checkout", f"{SITE}/payment", f"{SITE}/thanks"]  # fmt: skip
        products = [
            f"{SITE}/p/SKU-{number:05d}"
            for number in range(self.world.scenario.journey.products)
        ]
        landings = [
            f"{SITE}/?utm_source={source}&utm_medium={medium}"
            + (f"&utm_campaign={name}" if name else "")
            for source, medium, _, _ in self._tags
            for name in campaigns
        ]
        page = np.where(kind == facts.VIEWS, len(pages) + product, kind)
        landing = entry.astype(np.int64) * len(campaigns) + campaign
        page = np.where(in_url, len(pages) + len(products) + landing, page)
        return vocabulary([*pages, *products, *landings], page)

    def _messages(self) -> RawTable:
        """A mail is sent, delivered or bounced, opened, clicked, unsubscribed."""
        mails, draws = self.mails, self.draws
        delivered = ~mails["bounced"]
        steps = (
            np.ones(len(delivered), dtype=np.bool_),
            mails["bounced"],
            delivered,
            mails["opened"],
            mails["clicked"],
            mails["unsubscribed"],
        )
        delays = (0, 4_000, 5_000, 40 * 60_000, 45 * 60_000, 50 * 60_000)
        words = ("sent", "bounced", "delivered", "opened", "clicked", "unsubscribed")
        mail = np.concatenate([np.flatnonzero(step) for step in steps])
        step = np.repeat(np.arange(len(steps)), [int(step.sum()) for step in steps])
        events = {
            "person": mails["person"][mail],
            "key": draws.numbered("mail_event", mails["key"][mail], step),
            "ms": mails["ms"][mail] + np.array(delays)[step],
        }

        def render(rows: Ints, received: Ints) -> Rendered:
            at = mail[rows]
            sent = {
                "person": mails["person"][at],
                "ms": mails["ms"][at],
                "key": mails["key"][at],
            }
            unique, code = np.unique(mails["campaign"][at], return_inverse=True)
            return {
                "event_id": hex_ids("msg_", events["key"][rows]),
                "occurred_at": numbers(events["ms"][rows]),
                "customer_id": self._customer(sent, np.arange(len(rows))),
                "event_name": names(words, step[rows]),
                "message_id": hex_ids("mail_", mails["key"][at]),
                "campaign_id": vocabulary(
                    [self.codes.name(int(value)) for value in unique], code
                ),
                "message_channel": vocabulary(
                    ("email", "push", "sms"),
                    draws.choice(
                        "message_channel", mails["key"][at], (0.8, 0.12, 0.08)
                    ),
                ),
                "received_at": numbers(received),
            }

        return self._simple("messages", "event_id", events, render)

    def _ad_interactions(self) -> RawTable:
        """Ads seen, and the clicks that paid visits began with."""
        ads, visits, draws = self.ads, self.visits, self.draws
        channels = list(self.world.scenario.channels.values())
        is_paid = np.array([entry.is_paid for entry in channels] + [False, False])
        clicks = np.flatnonzero(is_paid[visits["entry"]])
        seen = len(ads["key"])
        day = (ads["ms"] - self.plan.start_ms) // DAY_MS
        campaign = np.zeros(seen, dtype=np.int64)
        for one in np.unique(day):
            those = day == one
            campaign[those] = self.codes.ads(ads["channel"][those], int(one))
        columns = {
            "person": np.concatenate([ads["person"], visits["person"][clicks]]),
            "key": np.concatenate(
                [
                    draws.keys("seen", ads["key"]),
                    draws.keys("ad", visits["key"][clicks]),
                ]
            ),
            # The click is a moment before the visit that it opens.
            "ms": np.concatenate([ads["ms"], visits["ms"][clicks] - 2000]),
        }
        channel = np.concatenate([ads["channel"], visits["entry"][clicks]])
        campaign = np.concatenate([campaign, visits["campaign"][clicks]])
        # Both the ad and the visit are on the device of the visit.
        visit_key = np.concatenate([ads["key"], visits["key"][clicks]])
        cost = np.array([entry.cost_per_click for entry in channels])

        def render(rows: Ints, received: Ints) -> Rendered:
            who, key = columns["person"][rows], columns["key"][rows]
            device, _, _ = facts.device_choice(self.world, who, visit_key[rows])
            unique, code = np.unique(campaign[rows], return_inverse=True)
            is_click = rows >= seen
            # Some platforms pass the customer on.
            knows = columns["ms"][rows] >= self.world.account_ms[who]
            knows &= is_click & (self.draws.uniform("passed_on", key) < 0.3)
            one, _ = facts.contact_keys(self.world, who)
            return {
                "event_id": hex_ids("ad_", key),
                "occurred_at": numbers(columns["ms"][rows] // 1000),
                "anonymous_id": hex_ids("dev_", device),
                "event_name": names(("impression", "click"), is_click.astype(np.int64)),
                "customer_id": hex_ids("cus_", one, knows),
                "platform": vocabulary([tags[2] for tags in self._tags], channel[rows]),
                "campaign_id": vocabulary(
                    [self.codes.name(int(value)) for value in unique], code
                ),
                "cost": numbers(np.where(is_click, cost[channel[rows]], 0.0), is_click),
            }

        return self._simple("ad_interactions", "event_id", columns, render)

    def _social_engagements(self) -> RawTable:
        social, draws = self.social, self.draws

        def render(rows: Ints, received: Ints) -> Rendered:
            key, who = social["key"][rows], social["person"][rows]
            linked = draws.uniform("linked", key) < 0.6
            community = draws.uniform("community", key) < 0.2
            platform = np.where(community, 3, social["platform"][rows])
            customer = facts.customer_keys(self.world, who, social["ms"][rows], key)
            profile = draws.keys("profile", self.world.people.keys[who])
            return {
                "event_id": hex_ids("soc_", key),
                "occurred_at": times(social["ms"][rows], "T", "+00:00"),
                "platform": names(
                    ("instagram", "facebook", "x", "community"), platform
                ),
                "engagement_type": names(
                    ("like", "comment", "share", "mention", "post"),
                    social["kind"][rows],
                ),
                "customer_id": hex_ids("cus_", customer, linked),
                "anonymous_id": hex_ids("profile_", profile),
                "sentiment": numbers(social["sentiment"][rows]),
                "reach": numbers(social["reach"][rows]),
                "is_community": numbers(community),
            }

        return self._simple("social_engagements", "event_id", social, render)

    def _sales_activities(self) -> RawTable:
        acts = facts.sales_activities(self.world, self.orders)

        def render(rows: Ints, received: Ints) -> Rendered:
            kind = acts["kind"][rows]
            return {
                "activity_id": hex_ids("act_", acts["key"][rows]),
                "occurred_at": times(acts["ms"][rows]),
                "customer_id": self._customer(acts, rows),
                "activity_type": names(("call", "meeting", "quote", "demo"), kind),
                "direction": vocabulary(
                    ("outbound", "inbound"), np.isin(kind, (1, 3)).astype(np.int64)
                ),
                "outcome": vocabulary(
                    ("interested", "no_answer", "not_now"), acts["outcome"][rows]
                ),
                "owner": digits("seller-", acts["owner"][rows], 1),
            }

        return self._simple("sales_activities", "activity_id", acts, render)

    def _support_tickets(self) -> RawTable:
        """Tickets when they are opened, and again when they are resolved."""
        orders, draws = self.orders, self.draws
        row = np.flatnonzero(orders["ticket_ms"] < NEVER)
        n = len(row)
        order = np.tile(row, 2)
        closed = np.arange(2 * n) >= n
        entity = draws.keys("ticket-key", orders["key"][order])
        at = np.where(closed, orders["resolved_ms"][order], orders["ticket_ms"][order])

        def render(rows: Ints, received: Ints) -> Rendered:
            source, key, done = order[rows], entity[rows], closed[rows]
            columns = {
                "person": orders["person"][source],
                "ms": orders["ticket_ms"][source],
                "key": key,
            }
            slow, late = orders["is_slow"][source], orders["is_late"][source]
            mood = draws.normal("csat", key)
            csat = np.clip(np.rint(4.2 + 0.8 * mood - 1.5 * slow), 1, 5)
            answered = done & (draws.uniform("answers_csat", key) < 0.4)
            reopened = (draws.uniform("reopened", key) < 0.1).astype(np.int64)
            return {
                "ticket_id": hex_ids("tkt_", key),
                "customer_id": self._customer(columns, np.arange(len(rows))),
                "opened_at": times(orders["ticket_ms"][source], "T", "Z"),
                "first_response_at": optional_times(
                    orders["response_ms"][source], done, "T", "Z"
                ),
                "resolved_at": optional_times(
                    orders["resolved_ms"][source], done, "T", "Z"
                ),
                "contact_channel": vocabulary(
                    ("email", "phone", "chat", "form"),
                    draws.integers("contact_channel", key, 4),
                ),
                "category": vocabulary(
                    ("delivery", "product", "payment", "return"),
                    np.where(late, 0, draws.integers("category", key, 4)),
                ),
                "priority": vocabulary(
                    ("low", "normal", "high"), draws.integers("priority", key, 3)
                ),
                "reopen_count": numbers(reopened * done),
                "csat_score": numbers(csat, answered),
            }

        return RawTable(
            "support_tickets",
            entity=entity,
            row=np.where(closed, draws.keys("again", entity), entity),
            person=orders["person"][order].astype(np.int64),
            ms=at + self._lag(entity),
            is_again=closed,
            render=render,
            id_column="ticket_id",
        )

    def _chat_conversations(self) -> RawTable:
        orders, draws = self.orders, self.draws
        row = np.flatnonzero(orders["chat_ms"] < NEVER)
        chats = {
            "person": orders["person"][row],
            "key": draws.keys("chat-key", orders["key"][row]),
            "ms": orders["chat_ms"][row],
        }
        outcome = orders["chat"][row]

        def render(rows: Ints, received: Ints) -> Rendered:
            key, who, ms = (chats[name][rows] for name in ("key", "person", "ms"))
            by_bot = outcome[rows] == BOT_RESOLVED
            minutes = 4 + 30 * draws.uniform("chat_length", key)
            ended = ms + (minutes * 60_000).astype(np.int64)
            device, _, _ = facts.device_choice(self.world, who, key)
            stamp = pa.timestamp("ms", tz="UTC")
            customer = facts.customer_keys(self.world, who, ms, key)
            return {
                "conversation_id": hex_ids("chat_", key),
                "started_at": pa.array(ms, type=stamp),
                "customer_id": hex_ids(
                    "cus_", customer, draws.uniform("chat_known", key) < 0.8
                ),
                "anonymous_id": hex_ids("dev_", device),
                "ended_at": pa.array(ended, type=stamp),
                "handled_by": vocabulary(("human", "bot"), by_bot.astype(np.int64)),
                "is_resolved": numbers(outcome[rows] != UNRESOLVED),
                "escalated_at": pa.array(ms + 120_000, type=stamp, mask=by_bot),
                "intent": vocabulary(
                    ("where_is_my_order", "return", "product_question", "invoice"),
                    draws.integers("intent", key, 4),
                ),
                "message_count": numbers(3 + draws.integers("messages", key, 15)),
            }

        return self._simple("chat_conversations", "conversation_id", chats, render)

    def _survey_responses(self) -> RawTable:
        surveys = self.surveys

        def render(rows: Ints, received: Ints) -> Rendered:
            return {
                "response_id": hex_ids("sur_", surveys["key"][rows]),
                "customer_id": self._customer(surveys, rows),
                "survey_type": names(("nps", "csat", "ces"), surveys["kind"][rows]),
                "responded_at": times(surveys["ms"][rows]),
                "score": numbers(surveys["score"][rows].astype(np.float64)),
                "sent_at": times(surveys["sent_ms"][rows]),
                "touchpoint": vocabulary(("order_placed",), np.zeros_like(rows)),
            }

        return self._simple("survey_responses", "response_id", surveys, render)

    def _reviews(self) -> RawTable:
        reviews, draws = self.reviews, self.draws
        bodies = ("Never again.", "Not good.", "It is all right.", "Good.", "Perfect!")

        def render(rows: Ints, received: Ints) -> Rendered:
            key, rating = reviews["key"][rows], reviews["rating"][rows]
            customer = facts.customer_keys(
                self.world, reviews["person"][rows], reviews["ms"][rows], key
            )
            known = draws.uniform("writer_known", key) < 0.85
            return {
                "review_id": hex_ids("rev_", key),
                "posted_at": times(reviews["ms"][rows]),
                "customer_id": hex_ids("cus_", customer, known),
                "product_id": digits("SKU-", reviews["product"][rows], 5),
                "rating": numbers(rating.astype(np.float64)),
                "body": vocabulary(bodies, rating - 1),
                "is_testimonial": numbers(reviews["is_testimonial"][rows]),
            }

        return self._simple("reviews", "review_id", reviews, render)

    def _referrals(self) -> RawTable:
        """Invitations when they are sent, and again when they work."""
        refers = self.world.log.table("referrals")
        works = np.flatnonzero(refers["converted_ms"] < NEVER)
        source = np.concatenate([np.arange(len(refers["key"])), works])
        again = np.arange(len(source)) >= len(refers["key"])
        entity = refers["key"][source]
        sent = refers["ms"][source]

        def render(rows: Ints, received: Ints) -> Rendered:
            at, done = source[rows], again[rows]
            referee = np.maximum(refers["referee"][at], 0)
            return {
                "referral_id": hex_ids("inv_", refers["key"][at]),
                "referrer_customer_id": self._customer(refers, at),
                "referred_at": times(refers["ms"][at]),
                "referee_customer_id": hex_ids(
                    "cus_", facts.contact_keys(self.world, referee)[0], done
                ),
                "converted_at": optional_times(
                    refers["converted_ms"][at], done, " ", ""
                ),
            }

        return RawTable(
            "referrals",
            entity=entity,
            row=np.where(again, self.draws.keys("again", entity), entity),
            person=refers["person"][source].astype(np.int64),
            ms=np.where(again, refers["converted_ms"][source], sent)
            + self._lag(entity),
            is_again=again,
            render=render,
            id_column="referral_id",
        )

    def _loyalty_events(self) -> RawTable:
        loyalty = facts.loyalty(self.world, self.orders, self.amounts)

        def render(rows: Ints, received: Ints) -> Rendered:
            kind = loyalty["kind"][rows]
            moves = (kind != facts.JOIN) & (kind != facts.TIER)
            return {
                "event_id": hex_ids("loy_", loyalty["key"][rows]),
                "customer_id": self._customer(loyalty, rows),
                "occurred_at": times(loyalty["ms"][rows], "T", "Z"),
                "event_name": names(
                    ("join", "earn", "redeem", "tier_change", "expire"), kind
                ),
                "points": numbers(loyalty["points"][rows].astype(np.float64), moves),
                "tier": vocabulary(("bronze", "silver", "gold"), loyalty["tier"][rows]),
            }

        return self._simple("loyalty_events", "event_id", loyalty, render)

    def _experiment_exposures(self) -> RawTable:
        exposures = self.world.log.table("exposures")
        experiments = list(self.world.scenario.experiments)

        def render(rows: Ints, received: Ints) -> Rendered:
            who = exposures["person"][rows]
            knows = exposures["ms"][rows] >= self.world.account_ms[who]
            customer, _ = facts.contact_keys(self.world, who)
            return {
                "experiment_id": names(experiments, exposures["experiment"][rows]),
                "variant": names(("control", "treatment"), exposures["variant"][rows]),
                "exposed_at": times(exposures["ms"][rows], "T", "Z"),
                "customer_id": hex_ids("cus_", customer, knows),
                "anonymous_id": hex_ids("dev_", self.world.people.devices[0, who]),
            }

        return self._simple("experiment_exposures", "anonymous_id", exposures, render)

    def _consent_events(self) -> RawTable:
        """Marketing consent: given with the account, withdrawn later by some."""
        world = self.world
        given = np.flatnonzero(
            (world.account_ms < NEVER) & (world.consent_until > -np.inf)
        )
        ends = given[np.isfinite(world.consent_until[given])]
        who = np.concatenate([given, ends])
        granted = np.arange(len(who)) < len(given)
        until = np.where(np.isfinite(world.consent_until), world.consent_until, 0.0)
        ended = world.plan.start_ms + (until * DAY_MS).astype(np.int64)
        columns = {
            "person": who,
            "key": self.draws.numbered("consents", world.people.keys[who], granted),
            "ms": np.where(granted, world.account_ms[who], ended[who]),
        }

        def render(rows: Ints, received: Ints) -> Rendered:
            one, _ = facts.contact_keys(world, columns["person"][rows])
            return {
                "customer_id": hex_ids("cus_", one),
                "occurred_at": times(columns["ms"][rows], "T", "Z"),
                "purpose": names(("marketing",), np.zeros_like(rows)),
                "is_granted": numbers(granted[rows]),
            }

        return self._simple("consent_events", "customer_id", columns, render)

    def _erasure_requests(self) -> RawTable:
        """Requests to be forgotten, for every contact of the person."""
        world = self.world
        asks = np.flatnonzero(world.erased_ms < NEVER)
        twice = asks[world.second_account_ms[asks] < world.erased_ms[asks]]
        who = np.concatenate([asks, twice])
        one, other = facts.contact_keys(world, who)
        contact = np.where(np.arange(len(who)) < len(asks), one, other)
        columns = {
            "person": who,
            "key": self.draws.keys("erasure_request", contact),
            "ms": world.erased_ms[who],
        }

        def render(rows: Ints, received: Ints) -> Rendered:
            return {
                "customer_id": hex_ids("cus_", contact[rows]),
                "requested_at": times(columns["ms"][rows]),
            }

        return self._simple("erasure_requests", "customer_id", columns, render)


def staff_keys(plan: Plan) -> Keys:
    """Return the keys of the contacts under which the staff tries the shop."""
    return plan.draws.keys("staff", np.arange(STAFF, dtype=np.uint64))


def _since(columns: Columns, since_ms: int) -> Columns:
    recent = columns["ms"] >= since_ms
    return {name: values[recent] for name, values in columns.items()}
