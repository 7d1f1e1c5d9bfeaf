"""The people of a chunk: what they are like, before anything happens to them."""

from dataclasses import dataclass

import numpy as np
from scipy import special

from journey_clv.simulate.draws import Flags, Floats, Ints, Keys
from journey_clv.simulate.plan import Plan
from journey_clv.simulate.scenario import COUNTRIES, TRAITS

# Places in a chunk that a referral can fill, per person who comes by themselves.
REFERRED_SHARE = 0.5
DEVICES = ("desktop", "mobile", "tablet")
GENDERS = ("female", "male", "other")
_DEVICE_WEIGHTS = (0.4, 0.5, 0.1)
_GENDER_WEIGHTS = (0.53, 0.45, 0.02)


@dataclass
class People:
    """One entry per person in every array.

    `arrival` is in days from the start, infinite for those whom only a referral can
    bring; its fraction is a share of the day's contacts. `channel` indexes the
    scenario's channels, and is one past the last for a referral. Rates are per day.
    An order's goods are Gamma(p, `spend_nu`). `affinity` multiplies touch rates,
    shape (channels, people). `devices` are keys, shape (2, people).
    """

    keys: Keys
    arrival: Floats
    channel: Ints
    channel_needed: Flags
    purchase_rate: Floats
    dropout_rate: Floats
    spend_nu: Floats
    price_sensitivity: Floats
    satisfaction: Floats
    talkativeness: Floats
    mail_affinity: Floats
    affinity: Floats
    country: Ints
    birth_year: Ints
    gender: Ints
    postal_code: Ints
    device_types: Ints
    devices: Keys
    has_second_device: Flags
    shares_device: Flags
    is_employee: Flags
    signs_up: Flags
    consents: Flags
    n_own: int

    def __len__(self) -> int:
        """Count them, those who may never come included."""
        return len(self.keys)


def people_of(plan: Plan, chunk: int, last_day: int) -> People:
    """Make the people of a chunk who may arrive before `last_day`.

    The first `n_own` come by themselves, in the order in which they were numbered; the
    others wait for a referral.
    """
    people = plan.scenario.people
    draws = plan.draws
    first = chunk * plan.chunk_size
    end = min(first + plan.chunk_size, plan.customers)
    numbers = np.arange(first, end, dtype=np.uint64)
    own_keys = draws.keys("person", numbers)
    arrival = _base_arrivals(plan, own_keys)
    later_keys, later_arrival = _later_arrivals(plan, chunk, len(numbers), last_day)
    n_referred = int(np.ceil(REFERRED_SHARE * len(numbers)))
    block = np.uint64(chunk << 32) + np.arange(n_referred, dtype=np.uint64)
    keys = np.concatenate([own_keys, later_keys, draws.keys("referred", block)])
    n_own = len(own_keys) + len(later_keys)
    channels = list(plan.scenario.channels.values())
    channel = draws.choice("channel", keys, [entry.arrivals for entry in channels])
    channel[n_own:] = len(channels)
    needed = np.array([entry.arrival_incrementality for entry in channels] + [1.0])
    scores = _scores(plan, keys)
    devices, device_types, shares_device = _devices(plan, keys, numbers)
    return People(
        keys=keys,
        arrival=np.concatenate(
            [arrival, later_arrival, np.full(n_referred, np.inf)], dtype=np.float64
        ),
        channel=channel,
        channel_needed=draws.chance("channel_needed", keys, needed[channel]),
        purchase_rate=_gamma(
            scores["purchase_rate"], people.purchase_shape, people.purchase_scale_days
        ),
        dropout_rate=_gamma(
            scores["dropout_rate"], people.dropout_shape, people.dropout_scale_days
        ),
        # A high score is a high spend, hence a low nu.
        spend_nu=_gamma(
            -scores["spend"], people.spend_person_shape, people.spend_person_scale
        ),
        price_sensitivity=special.ndtr(scores["price_sensitivity"]),
        satisfaction=scores["satisfaction"],
        # Mean one.
        talkativeness=np.exp(0.8 * scores["talkativeness"] - 0.32),
        mail_affinity=0.15 + 0.5 * draws.uniform("mail_affinity", keys),
        affinity=np.stack(
            [
                draws.exponential(f"affinity-{name}", keys)
                for name in plan.scenario.channels
            ]
        ),
        country=_countries(plan, keys),
        birth_year=_birth_years(plan, keys, scores["spend"]),
        gender=draws.choice("gender", keys, _GENDER_WEIGHTS),
        postal_code=draws.integers("postal_code", keys, 100_000),
        device_types=device_types,
        devices=devices,
        has_second_device=draws.chance("second_device", keys, people.second_device),
        shares_device=shares_device,
        is_employee=draws.chance("employee", keys, plan.scenario.dirt.employees),
        signs_up=draws.chance("sign_up", keys, people.sign_up),
        consents=draws.chance("consent", keys, people.consent),
        n_own=n_own,
    )


def _base_arrivals(plan: Plan, keys: Keys) -> Floats:
    """Arrivals over the base period, at a density that rises along a line."""
    people = plan.scenario.people
    u = plan.draws.uniform("arrival", keys)
    g = people.arrival_growth
    if abs(g - 1) > 1e-9:
        # The inverse of F(x) = (2x + (g-1) x²) / (1+g).
        u = (np.sqrt(1 + (g * g - 1) * u) - 1) / (g - 1)
    return np.asarray(u * people.arrival_span * plan.base_days)


def _later_arrivals(
    plan: Plan, chunk: int, n_base: int, last_day: int
) -> tuple[Keys, Floats]:
    """Arrivals after the base period, at the density of its end."""
    people = plan.scenario.people
    days = last_day - plan.base_days
    if people.arrival_span < 1 or days <= 0:
        return np.empty(0, dtype=np.uint64), np.empty(0)
    g = people.arrival_growth
    per_day = n_base / plan.base_days * 2 * g / (1 + g)
    numbers = np.arange(int(np.ceil(days * per_day)), dtype=np.uint64)
    keys = plan.draws.keys("later", np.uint64(chunk << 32) + numbers)
    arrival = plan.base_days + (numbers + plan.draws.uniform("arrival", keys)) / per_day
    in_time = arrival < last_day
    return keys[in_time], arrival[in_time]


def _gamma(score: Floats, shape: float, rate: float) -> Floats:
    """Return Gamma(shape, rate) numbers of standard normal scores."""
    return np.asarray(special.gammaincinv(shape, special.ndtr(score)) / rate)


def _scores(plan: Plan, keys: Keys) -> dict[str, Floats]:
    """Standard normal scores of the traits, correlated as the scenario says."""
    root = np.linalg.cholesky(plan.scenario.correlation())
    own = [plan.draws.normal(f"trait-{name}", keys) for name in TRAITS]
    # A sum in this order, not a matrix product, whose order is up to the library.
    return {
        name: sum((root[i, j] * own[j] for j in range(i + 1)), np.zeros(len(keys)))
        for i, name in enumerate(TRAITS)
    }


def _devices(plan: Plan, keys: Keys, numbers: Keys) -> tuple[Keys, Ints, Flags]:
    """Two devices of each, their types, and who shares the first with a partner.

    Of the people numbered 2k and 2k + 1, some are a couple with one device.
    """
    draws = plan.draws
    devices = np.stack([draws.keys("device", keys, number) for number in (0, 1)])
    types = np.stack(
        [
            draws.choice(f"device_type-{number}", keys, _DEVICE_WEIGHTS)
            for number in (0, 1)
        ]
    )
    couples = draws.keys("couple", numbers // np.uint64(2))
    shared = draws.chance("shared_device", couples, plan.scenario.dirt.shared_devices)
    shared &= (numbers ^ np.uint64(1)) < np.uint64(plan.customers)
    devices[0, : len(numbers)][shared] = draws.keys("device", couples)[shared]
    types[0, : len(numbers)][shared] = 2
    shares = np.zeros(len(keys), dtype=np.bool_)
    shares[: len(numbers)] = shared
    return devices, types, shares


def _countries(plan: Plan, keys: Keys) -> Ints:
    weights = plan.scenario.people.countries
    return plan.draws.choice(
        "country", keys, [weights.get(name, 0) for name in COUNTRIES]
    )


def _birth_years(plan: Plan, keys: Keys, spend: Floats) -> Ints:
    """Years of birth of people of 18 to 80, older with a higher spend."""
    rho = plan.scenario.people.age_from_spend
    score = rho * spend + np.sqrt(1 - rho**2) * plan.draws.normal("age", keys)
    return np.asarray(plan.start.year - 18 - (62 * special.ndtr(score)).astype(int))
