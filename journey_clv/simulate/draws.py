"""Random numbers that are a pure function of what they are for.

Every draw is a hash of (seed, name of the stream, counter, key of the person or
thing it is about). Nothing is drawn *after* anything else, so a result depends
neither on the order of the work, nor on threads, nor on how far the world is run.

The hash is the finaliser of SplitMix64 (Steele, Lea, Flood 2014, Fast Splittable
Pseudorandom Number Generators; constants of Stafford's variant 13).
"""

from hashlib import blake2b

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Keys = NDArray[np.uint64]
Flags = NDArray[np.bool_]

_GOLDEN = 0x9E3779B97F4A7C15
_FIRST = 0xBF58476D1CE4E5B9
_SECOND = 0x94D049BB133111EB
_MASK = (1 << 64) - 1
_FACTORS = np.array([_FIRST, _SECOND], dtype=np.uint64)
_SHIFTS = np.array([30, 27, 31], dtype=np.uint64)
_CELL_BITS = np.uint64(12)
# The middle of one of 2^52 equal cells: never 0, never 1.
_CELL = 2.0**-52


class Draws:
    """The draws of one seed."""

    def __init__(self, seed: int) -> None:
        """Take the seed, any whole number."""
        self.seed = seed
        self._salts: dict[str, int] = {}
        self._columns: dict[tuple[str, ...], Keys] = {}

    def keys(self, stream: str, keys: Keys, counter: int = 0) -> Keys:
        """Return one new key for each key."""
        return _mixed(keys ^ np.uint64(self._constant(stream, counter)))

    def numbered(self, stream: str, keys: Keys, numbers: ArrayLike) -> Keys:
        """Return one new key for each pair of key and number."""
        steps = np.asarray(numbers).astype(np.uint64) * np.uint64(_GOLDEN)
        return self.keys(stream, self.keys(stream, keys) + steps)

    def uniform(self, stream: str, keys: Keys, counter: int = 0) -> Floats:
        """Return a number between 0 and 1, both excluded, for each key."""
        return _cells(self.keys(stream, keys, counter))

    def uniforms(self, streams: tuple[str, ...], keys: Keys) -> Floats:
        """Return `uniform` of several streams at once, shape (streams, keys)."""
        if streams not in self._columns:
            self._columns[streams] = np.array(
                [[self._constant(stream, 0)] for stream in streams], dtype=np.uint64
            )
        return _cells(_mixed(keys ^ self._columns[streams]))

    def chance(
        self, stream: str, keys: Keys, probability: float | Floats, counter: int = 0
    ) -> Flags:
        """Return whether a thing of this probability happens, for each key."""
        return np.asarray(self.uniform(stream, keys, counter) < probability)

    def normal(self, stream: str, keys: Keys) -> Floats:
        """Return a standard normal number for each key."""
        return np.asarray(special.ndtri(self.uniform(stream, keys)))

    def exponential(self, stream: str, keys: Keys) -> Floats:
        """Return an exponential number of mean 1 for each key."""
        return -np.log(self.uniform(stream, keys))

    def integers(self, stream: str, keys: Keys, n: int) -> Ints:
        """Return a whole number from 0 to n - 1 for each key."""
        return (self.uniform(stream, keys) * n).astype(np.int64)

    def choice(self, stream: str, keys: Keys, weights: ArrayLike) -> Ints:
        """Return the index of one of the weights, drawn in their proportion."""
        return pick(self.uniform(stream, keys), weights)

    def _constant(self, stream: str, counter: int) -> int:
        if stream not in self._salts:
            text = f"{self.seed}/{stream}".encode()
            self._salts[stream] = int.from_bytes(
                blake2b(text, digest_size=8).digest(), "little"
            )
        mixed = (self._salts[stream] + counter * _GOLDEN) & _MASK
        mixed = ((mixed ^ (mixed >> 30)) * _FIRST) & _MASK
        mixed = ((mixed ^ (mixed >> 27)) * _SECOND) & _MASK
        return mixed ^ (mixed >> 31)


def _mixed(keys: Keys) -> Keys:
    keys ^= keys >> _SHIFTS[0]
    keys *= _FACTORS[0]
    keys ^= keys >> _SHIFTS[1]
    keys *= _FACTORS[1]
    keys ^= keys >> _SHIFTS[2]
    return keys


def _cells(keys: Keys) -> Floats:
    cells = (keys >> _CELL_BITS).astype(np.float64)
    cells += 0.5
    cells *= _CELL
    return cells


def pick(u: Floats, weights: ArrayLike) -> Ints:
    """Return which of the weights each u in (0, 1) falls on."""
    bounds = np.cumsum(np.asarray(weights, dtype=np.float64))
    found = np.searchsorted(bounds / bounds[-1], u, side="right")
    return np.minimum(found, len(bounds) - 1)


def poisson(u: Floats, mean: Floats) -> Ints:
    """Return Poisson counts of these means, by inversion of u."""
    counts = np.zeros(len(u), dtype=np.int64)
    term = np.exp(-mean)
    total = term.copy()
    open_ = np.flatnonzero(u > total)
    while len(open_):
        counts[open_] += 1
        term[open_] *= mean[open_] / counts[open_]
        total[open_] += term[open_]
        open_ = open_[(u[open_] > total[open_]) & (term[open_] > 0)]
    return counts
