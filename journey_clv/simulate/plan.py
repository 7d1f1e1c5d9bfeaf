"""What is simulated: a scenario, so many people, so long, from a seed."""

import datetime
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from journey_clv.simulate.draws import Draws, Floats, Ints
from journey_clv.simulate.scenario import COUNTRIES, Scenario

# People of a chunk, at least and at most: what one process holds at a time.
CHUNK = (5_000, 40_000)
DAY_MS = 86_400_000
# Country: currency, its rate to the reporting currency at the start, hours from UTC.
MARKETS = {
    "US": ("USD", 1.0, -5),
    "GB": ("GBP", 1.3, 0),
    "DE": ("EUR", 1.1, 1),
    "FR": ("EUR", 1.1, 1),
    "JP": ("JPY", 0.008, 9),
}
CURRENCIES = ("EUR", "GBP", "JPY")
CURRENCY_OF = tuple(MARKETS[country][0] for country in COUNTRIES)


@dataclass(frozen=True)
class Plan:
    """A world. Its days are counted from 0, `base_days` of them before any append."""

    scenario: Scenario
    customers: int
    months: int
    seed: int

    @cached_property
    def start(self) -> datetime.date:
        """The first day."""
        return self.scenario.calendar.start_date

    @cached_property
    def start_ms(self) -> int:
        """The first instant, in milliseconds since 1970."""
        return (self.start - datetime.date(1970, 1, 1)).days * DAY_MS

    @cached_property
    def base_days(self) -> int:
        """Days of the months that are simulated at first."""
        months = self.start.month - 1 + self.months
        end = datetime.date(self.start.year + months // 12, months % 12 + 1, 1)
        return (end - self.start.replace(day=1)).days

    @cached_property
    def chunk_size(self) -> int:
        """People of a chunk, an even number: half of them if that is a good size."""
        smallest, largest = CHUNK
        half = -(-self.customers // 4) * 2
        return min(largest, max(smallest, half))

    @cached_property
    def n_chunks(self) -> int:
        """Chunks of people."""
        return -(-self.customers // self.chunk_size)

    @cached_property
    def draws(self) -> Draws:
        """The draws of the seed."""
        return Draws(self.seed)

    @cached_property
    def hour_profile(self) -> Floats:
        """Share of a day's contacts before each hour, 25 numbers from 0 to 1."""
        weights = np.array(self.scenario.calendar.hour_weights)
        return np.concatenate([[0.0], np.cumsum(weights) / weights.sum()])

    def date(self, day: int) -> datetime.date:
        """Return the date of a day."""
        return self.start + datetime.timedelta(days=day)

    def ms(self, day: float) -> int:
        """Return the instant that a day, or a fraction of one, is."""
        return self.start_ms + int(day * DAY_MS)

    def clock_ms(self, day: Floats) -> Ints:
        """Return instants from days whose fraction is a share of the day's contacts.

        A share of 0.5 is the time of day before which half of the contacts happen.
        """
        whole = np.floor(day)
        hours = np.interp(day - whole, self.hour_profile, np.arange(25.0))
        millis = np.minimum((hours / 24 * DAY_MS).astype(np.int64), DAY_MS - 1)
        return np.asarray(self.start_ms + whole.astype(np.int64) * DAY_MS + millis)

    def exchange_rates(self, last_day: int) -> dict[str, Floats]:
        """Return each currency's rate to the reporting one, by day up to `last_day`.

        A random walk of 0.4 % a day, with six digits.
        """
        days = np.arange(last_day + 1, dtype=np.uint64)
        first = {currency: rate for currency, rate, _ in MARKETS.values()}
        return {
            currency: np.round(
                first[currency]
                * np.exp(
                    0.004 * np.cumsum(self.draws.normal(f"rate-{currency}", days))
                ),
                6,
            )
            for currency in CURRENCIES
        }

    def demand(self, day: int) -> float:
        """Return the multiple of demand that the calendar gives a day."""
        calendar = self.scenario.calendar
        date = self.date(day)
        phase = (date.timetuple().tm_yday - calendar.yearly_peak_day) / 365.25
        weights = calendar.weekday_weights
        demand = 1 + calendar.yearly_amplitude * np.cos(2 * np.pi * phase)
        demand *= 7 * weights[date.weekday()] / sum(weights)
        demand *= max(0.0, 1 + calendar.trend_per_year * day / 365.25)
        if self.is_holiday(date):
            demand *= 1 + calendar.holiday_lift
        return float(demand)

    def is_holiday(self, date: datetime.date) -> bool:
        """Tell whether a date is in the holiday peak, which may cross a year's end."""
        calendar = self.scenario.calendar
        return any(
            0
            <= (
                date - datetime.date(year, calendar.holiday_month, calendar.holiday_day)
            ).days
            < calendar.holiday_days
            for year in (date.year - 1, date.year)
        )
