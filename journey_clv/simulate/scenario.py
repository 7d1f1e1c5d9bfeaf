"""A scenario: every parameter of the simulated world, with its meaning and range.

A scenario is a YAML file. `scenarios/shop.yml` states every parameter; any other
names what it is `based_on` (the shop, if it does not say) and states what differs.
Among named things (channels, experiments), null takes one away. Rates are per day
and amounts in the reporting currency, where nothing else is said.
"""

import dataclasses
import datetime
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin

import numpy as np
import yaml
from numpy.typing import NDArray

PRESETS = Path(__file__).with_name("scenarios")
DEFAULT = "shop"
TRAITS = (
    "purchase_rate",
    "dropout_rate",
    "spend",
    "price_sensitivity",
    "satisfaction",
    "talkativeness",
)
COUNTRIES = ("US", "GB", "DE", "FR", "JP")
TARGETS = ("checkout", "payment_failure", "purchase_rate")


class ScenarioError(ValueError):
    """A scenario is wrong; the message is a sentence that names file and key."""


@dataclass(frozen=True)
class Rule:
    """What a parameter means, and what it may be."""

    what: str
    low: float = -math.inf
    high: float = math.inf
    allowed: tuple[str, ...] = ()


def number(what: str, low: float = 0, high: float = math.inf) -> Rule:
    """Rule a number, or each of several, into a range, both ends included."""
    return Rule(what, low, high)


def share(what: str) -> Rule:
    """Rule a probability or a share, from 0 to 1."""
    return Rule(what, 0, 1)


def word(what: str, *allowed: str) -> Rule:
    """Rule a value that is no number; one of the allowed words, if there are any."""
    return Rule(what, allowed=allowed)


@dataclass(frozen=True, kw_only=True)
class Calendar:
    """When things happen; times of day are in UTC."""

    start_date: Annotated[datetime.date, word("First day of the world.")]
    yearly_amplitude: Annotated[
        float, number("Swing of demand over the year.", 0, 0.95)
    ]
    yearly_peak_day: Annotated[int, number("Day of the year of its peak.", 1, 366)]
    weekday_weights: Annotated[
        list[float], number("Demand by weekday, Monday first: seven.")
    ]
    hour_weights: Annotated[list[float], number("Contacts by hour of the day: 24.")]
    trend_per_year: Annotated[
        float, number("Growth of demand a year, as a share.", -0.5, 5)
    ]
    holiday_month: Annotated[
        int, number("Month in which the holiday peak begins.", 1, 12)
    ]
    holiday_day: Annotated[int, number("Day of that month.", 1, 28)]
    holiday_days: Annotated[int, number("Length of the peak in days.", 0, 90)]
    holiday_lift: Annotated[float, number("Demand that it adds, as a share.", 0, 20)]
    outage_day: Annotated[int, number("Day of the outage, counted from the start.")]
    outage_from_hour: Annotated[float, number("Hour at which it begins.", 0, 24)]
    outage_hours: Annotated[float, number("Its hours within that day; 0: none.", 0, 24)]


@dataclass(frozen=True, kw_only=True)
class People:
    """Who the people are."""

    arrival_span: Annotated[
        float,
        number(
            "Share of the base period in which people arrive; 1 goes on after it.",
            0.01,
            1,
        ),
    ]
    arrival_growth: Annotated[
        float, number("Arrivals at its end over those at its start.", 0.1)
    ]
    purchase_shape: Annotated[
        float, number("r: intents a day are Gamma(r, alpha).", 0.01)
    ]
    purchase_scale_days: Annotated[float, number("alpha, in days.", 0.01)]
    dropout_shape: Annotated[
        float, number("s: the dropout hazard is Gamma(s, beta).", 0.01)
    ]
    dropout_scale_days: Annotated[float, number("beta, in days.", 0.01)]
    spend_shape: Annotated[
        float, number("p: the goods of an order are Gamma(p, nu).", 0.1)
    ]
    spend_person_shape: Annotated[float, number("q: nu is Gamma(q, gamma).", 0.1)]
    spend_person_scale: Annotated[float, number("gamma, an amount.", 0.01)]
    correlations: Annotated[
        dict[str, float],
        number("Of the normal scores of two traits, named trait/trait.", -1, 1),
    ]
    age_from_spend: Annotated[
        float, number("Correlation of age with spend.", -0.95, 0.95)
    ]
    covariate_known: Annotated[float, share("Chance that the CRM knows a covariate.")]
    first_order_on_arrival: Annotated[float, share("Chance of an intent at arrival.")]
    first_intent_rate: Annotated[
        float, number("Intents a day before the first order.", 0, 5)
    ]
    prospect_dropout_rate: Annotated[float, number("Hazard of losing interest.", 0, 5)]
    return_rate: Annotated[
        float, share("Chance a day that a dormant customer comes back.")
    ]
    sign_up: Annotated[float, share("Chance to open an account at arrival.")]
    consent: Annotated[float, share("Chance to allow marketing with the account.")]
    second_device: Annotated[float, share("Chance of a second device.")]
    logged_in: Annotated[
        float, share("Chance that a visitor with an account is logged in.")
    ]
    countries: Annotated[
        dict[str, float], number(f"Weights, of {', '.join(COUNTRIES)}.")
    ]


@dataclass(frozen=True, kw_only=True)
class Channel:
    """A way in which people are reached."""

    arrivals: Annotated[float, number("Weight among first contacts.")]
    is_paid: Annotated[bool, word("Whether it has campaigns and costs money.")]
    arrival_incrementality: Annotated[
        float, share("Share of its first contacts who would not have come without it.")
    ]
    touch_rate: Annotated[
        float, share("Chance a day that an active person sees its ad.")
    ]
    click_rate: Annotated[float, share("Chance that an ad seen is clicked.")]
    lift: Annotated[float, number("Intents that a click adds, as a share.", 0, 20)]
    lift_days: Annotated[int, number("Days for which it does.", 0, 90)]
    entry_weight: Annotated[
        float, number("Weight among entries of visits of their own accord.")
    ]
    cost_per_click: Annotated[float, number("What a click costs.")]


@dataclass(frozen=True, kw_only=True)
class Journey:
    """From an intent to an order and to its delivery."""

    browse_rate: Annotated[
        float, share("Visits a day of an active person with no intent.")
    ]
    views_mean: Annotated[
        float, number("Product views in a visit, beyond the first.", 0, 50)
    ]
    search: Annotated[float, share("Chance of a search in a visit.")]
    wishlist: Annotated[
        float, share("Chance of a wish-list entry in a visit with no intent.")
    ]
    cart: Annotated[float, share("Chance that an intent fills a cart.")]
    checkout: Annotated[float, share("Chance that a cart goes to checkout.")]
    complete: Annotated[float, share("Chance that a checkout is not abandoned.")]
    price_sensitivity_cost: Annotated[
        float,
        share("Carts lost by the most price-sensitive without a coupon, as a share."),
    ]
    payment_failure: Annotated[float, share("Chance that the first payment fails.")]
    payment_retry: Annotated[
        float, share("Chance that the second one then goes through.")
    ]
    store: Annotated[float, share("Share of intents served in a store, with no visit.")]
    lines_mean: Annotated[float, number("Lines of an order.", 1, 50)]
    products: Annotated[int, number("Products of the catalogue.", 8, 5000)]
    price_from: Annotated[float, number("The cheapest product.", 0.01)]
    price_to: Annotated[float, number("The dearest product.", 0.02)]
    cost_share: Annotated[float, share("Cost of goods over price, on average.")]
    tax: Annotated[float, number("Tax on goods after discount, as a share.", 0, 1)]
    shipping: Annotated[float, number("Delivery charge.")]
    shipping_free_from: Annotated[float, number("Goods from which delivery is free.")]
    cancelled: Annotated[float, share("Chance that an order is cancelled.")]
    delivery_days: Annotated[
        float, number("Mean days to delivery when it is on time.", 0, 60)
    ]
    late: Annotated[float, share("Chance that a delivery is late.")]
    late_days: Annotated[float, number("Days that a late delivery takes more.", 0, 60)]
    returned: Annotated[float, share("Chance that something is sent back.")]
    returned_partly: Annotated[float, share("Share of those that are partial.")]
    refund_late: Annotated[float, share("Share of refunds that take 60 days more.")]


@dataclass(frozen=True, kw_only=True)
class Causes:
    """What changes behaviour, and by how much.

    A `*_dropout` is the chance that the event itself makes the customer leave. A
    `*_lift` is what is added to the rate of intents, as a share of it.
    """

    late_delivery_dropout: Annotated[float, share("Of a late delivery, on its day.")]
    payment_failure_dropout: Annotated[float, share("Of a failed first payment.")]
    slow_ticket_dropout: Annotated[float, share("Of a ticket answered slowly.")]
    unresolved_chat_dropout: Annotated[float, share("Of a chat that settles nothing.")]
    campaign_lift: Annotated[float, number("Of a campaign's mail.", 0, 20)]
    campaign_every_days: Annotated[
        int, number("Days between campaigns; 0: none.", 0, 365)
    ]
    campaign_reach: Annotated[float, share("Share of those who may be mailed who are.")]
    coupon_lift: Annotated[float, number("Of a coupon, over no mail.", 0, 20)]
    coupon_every_days: Annotated[int, number("Days between coupons; 0: none.", 0, 365)]
    coupon_reach: Annotated[
        float, share("Share of those who may be mailed who get it.")
    ]
    coupon_discount: Annotated[float, share("What it takes off.")]
    coupon_used: Annotated[float, share("Chance that an order in its time redeems it.")]
    personal_mail_lift: Annotated[
        float, number("Of a personal mail, over no mail.", 0, 20)
    ]
    personal_mail_rate: Annotated[
        float, share("Chance a day that a customer gets one.")
    ]
    mail_days: Annotated[int, number("Days for which a mail works.", 0, 90)]
    membership_lift: Annotated[float, number("Of loyalty membership.", 0, 20)]
    membership_joined: Annotated[float, share("Chance to join at an order.")]


@dataclass(frozen=True, kw_only=True)
class Service:
    """Tickets and chats, by order."""

    ticket: Annotated[float, share("Chance of a ticket about an order in time.")]
    ticket_if_late: Annotated[float, share("Chance of a ticket about a late one.")]
    slow: Annotated[
        float, share("Share of tickets answered slowly, after two days or more.")
    ]
    chat: Annotated[float, share("Chance of a chat about an order.")]
    bot_resolves: Annotated[float, share("Chance that the bot settles a chat.")]
    human_resolves: Annotated[float, share("Chance that a person then does.")]


@dataclass(frozen=True, kw_only=True)
class Voice:
    """What people say. Chances are of the average talker."""

    review: Annotated[float, share("Chance of a review of an order.")]
    testimonial: Annotated[
        float, share("Share of reviews of 4 or more for the shop to quote.")
    ]
    survey: Annotated[float, share("Chance of an answer to a survey after an order.")]
    referral: Annotated[
        float, share("Chance that a customer invites someone after an order.")
    ]
    referral_converts: Annotated[float, share("Chance that the one invited comes.")]
    social: Annotated[float, share("Chance of a social engagement after an order.")]
    late_costs: Annotated[float, number("Stars that a late delivery costs.", 0, 4)]


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """An A/B test. Every visitor in its time is in it."""

    hypothesis: Annotated[str, word("What it is to show.")]
    target: Annotated[str, word("What the treatment changes.", *TARGETS)]
    effect: Annotated[
        float, number("Relative change of the target under treatment.", -0.9, 5)
    ]
    planned_share: Annotated[float, number("Planned share of treatment.", 0.01, 0.99)]
    true_share: Annotated[
        float, number("Share that the assignment really gives.", 0.01, 0.99)
    ]
    from_day: Annotated[int, number("Its first day, counted from the start.")]
    days: Annotated[int, number("Its length in days.", 1)]


@dataclass(frozen=True, kw_only=True)
class Dirt:
    """What is wrong with the raw tables, by rate."""

    duplicates: Annotated[float, share("Rows delivered twice.")]
    late_rows: Annotated[float, share("Rows that arrive days late.")]
    late_row_days: Annotated[float, number("The most that they are late.", 0, 30)]
    malformed: Annotated[
        float, share("Rows with one bad value, where a table can have one.")
    ]
    clock_skew: Annotated[float, share("Devices whose clock is minutes off.")]
    bots: Annotated[float, share("Bot visits per human visit.")]
    test_orders: Annotated[
        float, share("Orders of the staff's test account, per real order.")
    ]
    employees: Annotated[float, share("People who work for the shop.")]
    shared_devices: Annotated[float, share("Couples who share their first device.")]
    kiosk_visits: Annotated[float, share("Visits on one of three shop tablets.")]
    second_contact: Annotated[float, share("Customers who get a second CRM contact.")]
    contacts_merged: Annotated[
        float, share("Share of those that the CRM later merges.")
    ]
    consent_withdrawn_rate: Annotated[float, share("Withdrawals of consent, a day.")]
    erasure_rate: Annotated[
        float, share("Requests to be forgotten, a day and customer.")
    ]
    missing_device: Annotated[
        float, share("Online orders without the device's number.")
    ]


@dataclass(frozen=True, kw_only=True)
class Stages:
    """The clocks of the true stages; the same as the project's settings."""

    purchase_window_days: Annotated[
        float, number("From a cycle's order to retention.", 1, 365)
    ]
    checkout_abandon_hours: Annotated[
        float, number("From a checkout to its abandonment.", 1)
    ]
    lapse_days: Annotated[
        float, number("From the last inbound contact to the lapse.", 1)
    ]


@dataclass(frozen=True, kw_only=True)
class Truth:
    """What the truth holds of the time to come."""

    horizons_days: Annotated[
        list[int], number("Days ahead for which it counts.", 1, 3650)
    ]


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """A world's parameters."""

    name: Annotated[str, word("The file's name, without its suffix.")]
    description: Annotated[str, word("What business it is, in a sentence.")]
    calendar: Calendar
    people: People
    channels: dict[str, Channel]
    journey: Journey
    causes: Causes
    service: Service
    voice: Voice
    experiments: dict[str, Experiment]
    dirt: Dirt
    stages: Stages
    truth: Truth

    def correlation(self) -> NDArray[np.float64]:
        """Return the correlation matrix of the traits' normal scores."""
        matrix = np.eye(len(TRAITS))
        for pair, value in self.people.correlations.items():
            first, _, second = pair.partition("/")
            i, j = TRAITS.index(first), TRAITS.index(second)
            matrix[i, j] = matrix[j, i] = value
        return matrix


def presets() -> list[str]:
    """Return the names of the scenarios that come with the package."""
    return sorted(path.stem for path in PRESETS.glob("*.yml"))


def load_scenario(name: str) -> Scenario:
    """Load a preset by its name, or a file that ends in .yml or .yaml.

    Raises:
        ScenarioError: there is no such scenario, or something is wrong in it.
    """
    path = _path(name)
    return build_scenario({**_merged(path, ()), "name": path.stem}, path.name)


def build_scenario(values: dict[str, Any], file: str) -> Scenario:
    """Check the values of a whole scenario; `file` is named in what is wrong."""
    scenario: Scenario = _built(Scenario, values, "", file)
    _check_together(scenario, file)
    return scenario


def _path(name: str) -> Path:
    path = Path(name)
    if path.suffix not in (".yml", ".yaml"):
        path = PRESETS / f"{name}.yml"
        if not path.is_file():
            raise ScenarioError(
                f"No scenario is called {name}; there are: {', '.join(presets())}."
            )
    if not path.is_file():
        raise ScenarioError(f"There is no scenario file {name}.")
    return path


def _merged(path: Path, seen: tuple[Path, ...]) -> dict[str, Any]:
    """Read a file on top of what it is based on."""
    if path in seen:
        raise ScenarioError(f"{path.name}: based_on leads back to itself.")
    try:
        values = yaml.safe_load(path.read_text("utf-8")) or {}
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())
        raise ScenarioError(f"{path.name} cannot be read: {reason}.") from error
    if not isinstance(values, dict):
        raise ScenarioError(f"{path.name} must be a mapping of keys to values.")
    base = values.pop("based_on", DEFAULT if path != PRESETS / "shop.yml" else None)
    if base is None:
        return values
    if not isinstance(base, str) or base not in presets():
        raise ScenarioError(
            f"{path.name}: based_on must be one of {', '.join(presets())}, not {base}."
        )
    return _over(_merged(PRESETS / f"{base}.yml", (*seen, path)), values)


def _over(base: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
    result = dict(base)
    for key, value in values.items():
        if value is None and key in result:
            del result[key]
        elif isinstance(value, dict) and isinstance(result.get(key), dict):
            result[key] = _over(result[key], value)
        else:
            result[key] = value
    return result


def _built(kind: Any, values: Any, where: str, file: str) -> Any:
    """Make a dataclass of a mapping, after a look at every key."""
    if not isinstance(values, dict):
        raise ScenarioError(f"{file}: {where} must be a mapping, not {values}.")
    fields = {entry.name: entry for entry in dataclasses.fields(kind)}
    inside = f"{where}." if where else ""
    for key in values:
        if key not in fields:
            raise ScenarioError(
                f"{file}: there is no key {inside}{key}; "
                f"there are: {', '.join(fields)}."
            )
    arguments = {}
    for name, entry in fields.items():
        if name not in values:
            raise ScenarioError(f"{file}: the key {inside}{name} is missing.")
        arguments[name] = _value(entry, values[name], f"{inside}{name}", file)
    return kind(**arguments)


def _value(entry: "dataclasses.Field[Any]", value: Any, where: str, file: str) -> Any:
    kind, rule = kind_and_rule(entry)
    inner = get_args(kind)
    if dataclasses.is_dataclass(kind):
        return _built(kind, value, where, file)
    if get_origin(kind) is dict:
        if not isinstance(value, dict):
            raise ScenarioError(f"{file}: {where} must be a mapping, not {value}.")
        return {
            name: _built(inner[1], part, f"{where}.{name}", file)
            if dataclasses.is_dataclass(inner[1])
            else _scalar(inner[1], part, rule, f"{where}.{name}", file)
            for name, part in value.items()
        }
    if get_origin(kind) is list:
        if not isinstance(value, list):
            raise ScenarioError(f"{file}: {where} must be a list, not {value}.")
        return [
            _scalar(inner[0], part, rule, f"{where}[{i}]", file)
            for i, part in enumerate(value)
        ]
    return _scalar(kind, value, rule, where, file)


def kind_and_rule(entry: "dataclasses.Field[Any]") -> tuple[Any, Rule]:
    """Return the type of a scenario's field, and its rule."""
    if get_origin(entry.type) is Annotated:
        kind, rule = get_args(entry.type)
        return kind, rule
    return entry.type, Rule("")


def _scalar(kind: Any, value: Any, rule: Rule, where: str, file: str) -> Any:
    """Check one value; whole numbers do for numbers, and for nothing else."""
    kinds = {
        float: "a number",
        int: "a whole number",
        bool: "true or false",
        str: "a text",
        datetime.date: "a date such as 2022-01-01",
    }
    if kind is float and type(value) is int:
        value = float(value)
    if type(value) is not kind:
        raise ScenarioError(f"{file}: {where} must be {kinds[kind]}, not {value}.")
    if kind in (float, int) and not (
        math.isfinite(value) and rule.low <= value <= rule.high
    ):
        limits = (
            f"at least {rule.low:g}"
            if rule.high == math.inf
            else f"from {rule.low:g} to {rule.high:g}"
        )
        raise ScenarioError(f"{file}: {where} must be {limits}, not {value}.")
    if rule.allowed and value not in rule.allowed:
        allowed = ", ".join(rule.allowed)
        raise ScenarioError(f"{file}: {where} must be one of {allowed}, not {value}.")
    return value


def _check_together(scenario: Scenario, file: str) -> None:
    """Check what no key can be blamed for alone."""
    for key, size in (("weekday_weights", 7), ("hour_weights", 24)):
        weights = getattr(scenario.calendar, key)
        if len(weights) != size or sum(weights) <= 0:
            raise ScenarioError(
                f"{file}: calendar.{key} must be {size} numbers, not all zero."
            )
    if not scenario.truth.horizons_days:
        raise ScenarioError(f"{file}: truth.horizons_days must not be empty.")
    for name, experiment in scenario.experiments.items():
        chance = getattr(scenario.journey, experiment.target, 0.0)
        if chance * (1 + experiment.effect) > 1:
            raise ScenarioError(
                f"{file}: experiments.{name}.effect must leave "
                f"journey.{experiment.target} at 1 at most."
            )
    for country in scenario.people.countries:
        if country not in COUNTRIES:
            raise ScenarioError(
                f"{file}: people.countries.{country} must be one of "
                f"{', '.join(COUNTRIES)}."
            )
    for pair in scenario.people.correlations:
        names = pair.split("/")
        if len(set(names)) != 2 or not set(names) <= set(TRAITS):
            raise ScenarioError(
                f"{file}: people.correlations.{pair} must be two of "
                f"{', '.join(TRAITS)}, with a / between."
            )
    if np.linalg.eigvalsh(scenario.correlation())[0] < 1e-9:
        raise ScenarioError(
            f"{file}: people.correlations contradict each other: make them smaller."
        )
    for what, values in (
        ("people.countries", scenario.people.countries.values()),
        ("channels", [channel.arrivals for channel in scenario.channels.values()]),
        ("channels", [channel.entry_weight for channel in scenario.channels.values()]),
    ):
        if not sum(values) > 0:
            raise ScenarioError(f"{file}: {what} must have a weight above zero.")
    if sum(channel.touch_rate for channel in scenario.channels.values()) > 0.5:
        raise ScenarioError(f"{file}: channels must have touch rates of 0.5 at most.")
    if scenario.journey.price_to <= scenario.journey.price_from:
        raise ScenarioError(f"{file}: journey.price_to must be above price_from.")
