"""Web sessions against a replay of every device's events, one at a time, in Python."""

import csv
import hashlib
import random
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from conftest import PROJECT, Build, build, dbt

from journey_clv.simulate.plan import Plan
from journey_clv.simulate.run import simulate
from journey_clv.simulate.scenario import load_scenario

TIMEOUT = timedelta(minutes=30)
NOTHING = {"(direct)", "(none)", "(not set)", "(not provided)", "null", "none"}
PREFIXES = {"www", "m", "l", "lm", "mobile", "touch", "amp", "out", "away", "old"}
DISPLAY = {"display", "banner", "expandable", "interstitial", "cpm"}
OPENS_A_PAGE = {"page_view", "Screen Viewed"}


def seed_rows(name: str) -> list[dict[str, str]]:
    with (PROJECT / "seeds" / f"{name}.csv").open() as file:
        return list(csv.DictReader(file))


SOURCES = {row["source"]: row for row in seed_rows("traffic_sources")}
CLICK_IDS = seed_rows("click_ids")


@dataclass
class Event:
    event_id: str
    customer_key: str
    anonymous_id: str
    occurred_at: datetime
    event_name: str
    page_url: str | None
    referrer: str | None
    tags: dict[str, str | None]


@dataclass
class Source:
    """What one event tells of where the visitor came from."""

    tags: tuple[str | None, str | None, str | None] = (None, None, None)
    click_id: str | None = None
    referrer: str | None = None

    @property
    def is_tagged(self) -> bool:
        return any(self.tags)


@dataclass
class Session:
    events: list[Event]
    sources: list[Source] = field(default_factory=list)

    @property
    def key(self) -> str:
        return hashlib.md5(self.events[0].event_id.encode()).hexdigest()


def host_of(url: str | None) -> str | None:
    host = urlsplit(url or "").hostname
    first, _, rest = (host or "").partition(".")
    return rest if first in PREFIXES and "." in rest else host


def listed(host: str | None) -> dict[str, str] | None:
    """The seed's row of a host or name: itself, or one of a brand's countries."""
    if host in SOURCES:
        return SOURCES[host]
    name, *endings = (host or "").split(".")
    is_plain = len(endings) == 1 or endings[:-1] in (["co"], ["com"])
    family = SOURCES.get(name)
    if is_plain and family and family["has_country_hosts"] == "true":
        return family
    return None


def is_paid(medium: str | None) -> bool:
    medium = medium or ""
    return (
        "cp" in medium or medium in ("ppc", "retargeting") or medium.startswith("paid")
    )


def source_of(event: Event) -> Source:
    address = urlsplit(event.page_url or "")
    query: dict[str, str] = {}
    for name, value in parse_qsl(address.query, keep_blank_values=True):
        query.setdefault(name, value)
    lower_query = dict(parse_qsl(address.query.lower(), keep_blank_values=True))

    def tag(name: str) -> str | None:
        value = event.tags[name] or query.get(f"utm_{name}", "").strip() or None
        return None if value and value.lower() in NOTHING else value

    source, medium, campaign = tag("source"), tag("medium"), tag("campaign")
    source, medium = source and source.lower(), medium and medium.lower()
    clicks = sorted(
        (row for row in CLICK_IDS if row["parameter"] in lower_query),
        key=lambda row: (int(row["priority"]), row["parameter"]),
    )
    found = Source()
    if clicks:
        click = clicks[0]
        found.click_id = lower_query[click["parameter"]] or None
        says_paid = is_paid(medium) or medium in DISPLAY
        is_untagged = not (source or medium or campaign)
        if is_untagged or (click["is_paid"] == "true" and not says_paid):
            source, medium = click["source"], click["medium"]
    found.tags = (source, medium, campaign)

    here, there = host_of(event.page_url), host_of(event.referrer)
    if there and "." in there:
        is_own = here is not None and (
            here == there or here.endswith("." + there) or there.endswith("." + here)
        )
        row = listed(there)
        if not is_own and not (row and row["category"] == "passage"):
            found.referrer = there
    return found


def replay(events: list[Event]) -> list[Session]:
    """The sessions of one person on one device."""
    sessions: list[Session] = []
    last_tags = last_referrer = last_at = None
    for event in sorted(events, key=lambda e: (e.occurred_at, e.event_id)):
        source = source_of(event)
        if source.is_tagged:
            now = (source.tags, source.click_id)
            is_news = now != last_tags
            last_tags, last_referrer = now, source.referrer or ""
        elif source.referrer:
            is_news = source.referrer != last_referrer
            last_referrer = source.referrer
        else:
            is_news = False
        if is_news or last_at is None or event.occurred_at - last_at > TIMEOUT:
            sessions.append(Session([]))
        sessions[-1].events.append(event)
        sessions[-1].sources.append(source)
        last_at = event.occurred_at
    return sessions


def channel_of(source: Source | None) -> str:
    """The published rules again, in other words, for what the tests' worlds hold."""
    if source is None:
        return "Direct"
    if source.is_tagged:
        name, medium, campaign = source.tags
        row = listed(host_of("//" + name) if name and "." in name else name)
        category = row["category"] if row else None
    else:
        row = listed(source.referrer)
        category = row["category"] if row else None
        name, campaign = source.referrer, None
        medium = {"search": "organic", "ai": "ai-assistant"}.get(
            category or "", "referral"
        )
    campaign = (campaign or "").lower()
    if "cross-network" in campaign:
        return "Cross-network"
    for kind in ("shopping", "search", "social", "video"):
        if category == kind and is_paid(medium):
            return f"Paid {kind.title()}"
    if medium in DISPLAY:
        return "Display"
    if is_paid(medium):
        return "Paid Other"
    for kind in ("shopping", "social", "video", "search"):
        if category == kind:
            return f"Organic {kind.title()}"
    if medium == "ai-assistant" or (category == "ai" and medium in (None, "referral")):
        return "AI Assistant"
    plain = {
        "organic": "Organic Search", "social": "Organic Social", "email": "Email",
        "affiliate": "Affiliates", "referral": "Referral", "sms": "SMS",
        "push": "Mobile Push Notifications",
    }  # fmt: skip
    return plain.get(medium or "", "Unassigned")


def events_of(world: Build) -> list[Event]:
    """The accepted events with their person, from the models before sessions."""
    people = {
        (kind, identifier): key
        for kind, identifier, key in world.work(
            "select kind, identifier, customer_key "
            "from intermediate.int_identifiers_resolved"
        )
    }
    names = ["source", "medium", "campaign"]
    return [
        Event(
            event_id,
            people["customer_id", number] if number else people["anonymous_id", device],
            device,
            at,
            name,
            page,
            referrer,
            dict(zip(names, tags, strict=True)),
        )
        for event_id, number, device, at, name, page, referrer, tags in world.work(
            "select event_id, customer_id, anonymous_id, occurred_at, event_name, "
            "page_url, referrer, [utm_source, utm_medium, utm_campaign] "
            "from staging.stg_web__web_events"
        )
    ]


def assert_sessions_are_those_of_the_replay(world: Build) -> list[Session]:
    devices: dict[tuple[str, str], list[Event]] = defaultdict(list)
    for event in events_of(world):
        devices[event.customer_key, event.anonymous_id].append(event)
    sessions = [s for events in devices.values() for s in replay(events)]

    assigned = dict(
        world.work(
            "select event_id, session_key from intermediate.int_web_sessions_assigned"
        )
    )
    assert assigned == {e.event_id: s.key for s in sessions for e in s.events}

    first: dict[str, tuple[datetime, str]] = {}
    expected: dict[str, tuple[Any, ...]] = {}
    for session in sessions:
        start, end = session.events[0], session.events[-1]
        told = [s for s in session.sources if s.is_tagged or s.referrer]
        mark = (start.occurred_at, session.key)
        first[start.customer_key] = min(first.get(start.customer_key, mark), mark)
        expected[session.key] = (
            start.customer_key,
            start.anonymous_id,
            channel_of(told[0] if told else None),
            len(session.events),
            sum(e.event_name in OPENS_A_PAGE for e in session.events),
            round((end.occurred_at - start.occurred_at).total_seconds(), 3),
            start.occurred_at,
            end.occurred_at,
        )
    built = {
        key: tuple(rest)
        for key, *rest in world.work(
            "select session_key, customer_key, anonymous_id, channel, n_events, "
            "n_page_views, duration_seconds, started_at, ended_at "
            "from marts.fct_sessions"
        )
    }
    # Durations are whole milliseconds, cut where the replay rounds.
    for key, (*head, seconds, started_at, ended_at) in built.items():
        assert seconds == pytest.approx(expected[key][5], abs=0.0011)
        built[key] = (*head, expected[key][5], started_at, ended_at)
    assert built == expected
    assert {key for _, key in first.values()} == {
        key
        for (key,) in world.work(
            "select session_key from marts.fct_sessions where is_new_visitor"
        )
    }
    return sessions


def sessions(raw: Path, out: Path) -> Build:
    """Build what sessions need, and run the tests on them, but not those before."""
    built = build(
        raw, out, "--select", "+fct_sessions",
        "--exclude-resource-type", "test", "unit_test",
    )  # fmt: skip
    assert built.result.success, built.failed
    return dbt(
        "test", "--select", "fct_sessions,test_type:data", "sessions_do_not_overlap",
        "int_web_sessions_measured", "int_web_sessions_assigned,test_type:data",
        "--indirect-selection", "cautious", raw=raw, out=out,
    )  # fmt: skip


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Build:
    folder = tmp_path_factory.mktemp("shop")
    simulate(Plan(load_scenario("shop"), 600, 12, 5), folder, workers=1)
    return sessions(folder / "raw", folder / "out")


def test_sessions_of_the_shop_are_those_of_a_replay(shop: Build):
    assert shop.result.success, shop.failed
    replayed = assert_sessions_are_those_of_the_replay(shop)
    assert len(replayed) > 2000


def test_orders_convert_the_sessions_that_they_were_placed_in(shop: Build):
    # Each order that names its device, against the sessions of that device.
    spans = shop.work(
        "select anonymous_id, customer_key, started_at, ended_at, session_key "
        "from marts.fct_sessions"
    )
    devices: dict[tuple[str, str], list[tuple[Any, ...]]] = defaultdict(list)
    for device, person, *span in spans:
        devices[device, person].append(tuple(span))
    expected = {}
    for order_id, device, person, at in shop.work(
        "select orders.order_id, raw.anonymous_id, people.customer_key, "
        "orders.ordered_at from intermediate.int_orders_converted as orders "
        "inner join staging.stg_sales__orders as raw using (order_id) "
        "inner join intermediate.int_identifiers_resolved as people "
        "on orders.customer_id = people.identifier and people.kind = 'customer_id' "
        "where orders.is_purchase and raw.anonymous_id is not null"
    ):
        open_then = [
            (start, key)
            for start, end, key in devices[device, person]
            if start <= at <= end + TIMEOUT
        ]
        if open_then:
            expected[order_id] = max(open_then)[1]
    built = dict(
        shop.work(
            "select placed.order_id, placed.session_key "
            "from intermediate.int_orders_in_sessions as placed "
            "inner join staging.stg_sales__orders as raw using (order_id) "
            "where raw.anonymous_id is not null"
        )
    )
    assert len(built) > 200
    assert built == expected


PAGES = [None, "Home", "/cart", "https://shop.example/", "https://www.shop.example/a"]
QUERIES = [
    "", "", "", "?q=1", "?gclid=A1", "?gclid=B2&utm_source=mail&utm_medium=email",
    "?fbclid=C3", "?x=1&msclkid=D4#gclid=9", "?utm_source=news+letter&utm_medium=email",
    "?utm_source=facebook&utm_medium=paid_social&utm_campaign=May%20Sale",
    "?utm_campaign=cross-network", "?utm_source=chatgpt.com", "?utm_source=",
    "?gclid=&utm_source=google", "?utm_medium=push", "?dclid=E5&utm_medium=banner",
    "?gad_source=1&gclid=F6", "?gclid=G7&gad_source=1", "?dclid=H8&gclid=I9",
    "?fbclid=J0&gad_source=1",
]  # fmt: skip
REFERRERS = [
    None, None, None, "https://shop.example/b", "https://pay.shop.example/",
    "https://www.google.com/", "https://www.google.co.uk/url?q=x", "https://t.co/x",
    "https://www.paypal.com/", "https://l.facebook.com/", "https://m.facebook.com/",
    "https://chatgpt.com/", "https://mail.google.com/", "https://deals.example/",
    "https://accounts.google.com/", "android-app://com.linkedin.android/", "nowhere",
]  # fmt: skip
TAGS = [
    ("google", "cpc", "brand"), ("Google", "organic", None), (None, "sms", None),
    ("(direct)", "(none)", "(not set)"), ("newsletter", "email", "May"),
    ("newsletter", "email", "June"), ("partner", "affiliate", None),
]  # fmt: skip
HEADER = [
    "event_id", "occurred_at", "anonymous_id", "event_name", "customer_id",
    "page_url", "referrer", "utm_source", "utm_medium", "utm_campaign",
]  # fmt: skip
GAPS = [0, 0, 1, 30, 600, 1799.999999, 1800, 1800.000001, 1801, 40000]


@pytest.fixture(scope="module")
def wild(tmp_path_factory: pytest.TempPathFactory) -> Build:
    """Devices with short random lives, some of them shared, which no shop would see."""
    chance = random.Random(1)
    folder: Path = tmp_path_factory.mktemp("wild")
    rows: list[list[Any]] = []
    for device in range(800):
        at = datetime(2024, 1, 1, 23, 30) + timedelta(seconds=chance.randrange(9000))
        owners = [f"c{device}", None, None] if device % 3 else [
            f"c{chance.randrange(800)}" for _ in range(5)
        ]  # fmt: skip
        for _ in range(chance.randrange(1, 25)):
            at += timedelta(seconds=chance.choice(GAPS))
            page = chance.choice(PAGES)
            if page and page.startswith("http"):
                page += chance.choice(QUERIES)
            tags = chance.choice(TAGS) if chance.random() < 0.1 else (None,) * 3
            rows.append([
                f"e{chance.getrandbits(64):x}", at.isoformat(sep=" "), f"d{device}",
                chance.choice(["page_view", "click", "scroll"]), chance.choice(owners),
                page, chance.choice(REFERRERS), *tags,
            ])  # fmt: skip
    chance.shuffle(rows)
    raw = folder / "raw"
    raw.mkdir()
    with (raw / "web_events.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        writer.writerows(rows)
    (raw / "orders.csv").write_text("order_id,customer_id,ordered_at,amount\n")
    return sessions(raw, folder / "out")


def test_sessions_of_wild_devices_are_those_of_a_replay(wild: Build):
    assert wild.result.success, wild.failed
    replayed = assert_sessions_are_those_of_the_replay(wild)
    assert len({channel_of(s.sources[0]) for s in replayed}) > 10
