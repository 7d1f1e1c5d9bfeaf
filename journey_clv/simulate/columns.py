"""Arrow columns of text, made of numbers without a Python object per row."""

from collections.abc import Sequence
from functools import cache

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from journey_clv.simulate.draws import Flags, Ints, Keys
from journey_clv.simulate.plan import DAY_MS

Bytes = NDArray[np.uint8]


def hex_ids(
    prefix: str, keys: Keys, valid: Flags | None = None, suffix: str = ""
) -> pa.Array:
    """Return keys as text: a prefix, sixteen hexadecimal digits, and a suffix."""
    head = np.frombuffer(prefix.encode(), dtype=np.uint8)
    tail = np.frombuffer(suffix.encode(), dtype=np.uint8)
    digits_end = len(head) + 16
    matrix = np.empty((len(keys), digits_end + len(tail)), dtype=np.uint8)
    matrix[:, : len(head)] = head
    octets = keys.astype(">u8").view(np.uint8).reshape(-1, 8)
    matrix[:, len(head) : digits_end] = _hex_pairs()[octets].reshape(-1, 16)
    matrix[:, digits_end:] = tail
    return _fixed_text(matrix, valid)


def digits(
    prefix: str, numbers: Ints, width: int, valid: Flags | None = None
) -> pa.Array:
    """Return numbers as text: a prefix and so many digits, zeros in front."""
    head = np.frombuffer(prefix.encode(), dtype=np.uint8)
    matrix = np.empty((len(numbers), len(head) + width), dtype=np.uint8)
    matrix[:, : len(head)] = head
    _write_digits(matrix, len(head), numbers, width)
    return _fixed_text(matrix, valid)


def times(
    ms: Ints, separator: str = " ", suffix: str = "", millis: bool = False
) -> pa.Array:
    """Return instants as text, YYYY-MM-DD HH:MM:SS and so on, in UTC."""
    return _fixed_text(_time_matrix(ms, separator, suffix, millis), None)


def local_times(ms: Ints, hours: Ints) -> pa.Array:
    """Return instants as ISO 8601 text with milliseconds and an offset of hours."""
    matrix = _time_matrix(ms + hours * 3_600_000, "T", "+00:00", True)
    matrix[:, -6] = np.where(hours < 0, ord("-"), ord("+"))
    _write_digits(matrix, matrix.shape[1] - 5, np.abs(hours), 2)
    return _fixed_text(matrix, None)


def optional_times(ms: Ints, valid: Flags, separator: str, suffix: str) -> pa.Array:
    """Return instants as text, null where not valid."""
    safe = np.where(valid, ms, 0)
    return _fixed_text(_time_matrix(safe, separator, suffix, False), valid)


def vocabulary(
    words: Sequence[str | None], codes: NDArray[np.integer], valid: Flags | None = None
) -> pa.Array:
    """Return words by their position; null for a null word, or where not valid."""
    # Each word once: Arrow's Parquet writer pads the page of a dictionary with a
    # repeated word with whatever is in memory.
    places = {word: place for place, word in enumerate(dict.fromkeys(words))}
    place_of = np.array([places[word] for word in words], dtype=np.int32)
    known = np.array([word is not None for word in words], dtype=np.bool_)
    shown = known[codes] if valid is None else known[codes] & valid
    indices = pa.array(place_of[codes], mask=~shown)
    dictionary = pa.array([word or "" for word in places], type=pa.string())
    return pa.DictionaryArray.from_arrays(indices, dictionary)


def names(table: Sequence[str], codes: NDArray[np.integer]) -> pa.Array:
    """Return words by their position, as plain text."""
    return vocabulary(table, codes).cast(pa.string())


def money(cents: Ints, valid: Flags | None = None) -> pa.Array:
    """Return cents as text with two decimals."""
    halves = np.empty((len(cents), 2), dtype=np.int64)
    halves[:, 0] = cents
    halves[:, 1] = cents >> 63
    decimals = pa.Array.from_buffers(
        pa.decimal128(18, 2), len(cents), [_bitmap(valid), pa.py_buffer(halves)]
    )
    return decimals.cast(pa.string())


def numbers(values: NDArray[np.generic], valid: Flags | None = None) -> pa.Array:
    """Return numbers or flags, null where not valid."""
    return pa.array(values, mask=None if valid is None else ~valid)


@cache
def _hex_pairs() -> Bytes:
    text = "".join(f"{octet:02x}" for octet in range(256)).encode()
    return np.frombuffer(text, dtype=np.uint8).reshape(256, 2)


def _bitmap(valid: Flags | None) -> pa.Buffer | None:
    if valid is None:
        return None
    return pa.py_buffer(np.packbits(valid, bitorder="little"))


def _fixed_text(matrix: Bytes, valid: Flags | None) -> pa.Array:
    n, width = matrix.shape
    offsets = np.arange(n + 1, dtype=np.int32) * np.int32(width)
    return pa.Array.from_buffers(
        pa.string(),
        n,
        [
            _bitmap(valid),
            pa.py_buffer(offsets),
            pa.py_buffer(np.ascontiguousarray(matrix)),
        ],
    )


def _write_digits(matrix: Bytes, at: int, values: Ints, width: int) -> None:
    rest = values
    for column in range(at + width - 1, at - 1, -1):
        rest, digit = np.divmod(rest, 10)
        matrix[:, column] = digit + ord("0")


def _time_matrix(ms: Ints, separator: str, suffix: str, millis: bool) -> Bytes:
    width = 19 + 4 * millis + len(suffix)
    matrix = np.empty((len(ms), width), dtype=np.uint8)
    if not len(ms):
        return matrix
    day, rest = np.divmod(ms, DAY_MS)
    days, row = np.unique(day, return_inverse=True)
    dates = days.astype("datetime64[D]").astype("S10")
    matrix[:, :10] = dates.view(np.uint8).reshape(-1, 10)[row]
    matrix[:, 10] = ord(separator)
    seconds, milli = np.divmod(rest, 1000)
    minutes, second = np.divmod(seconds, 60)
    hour, minute = np.divmod(minutes, 60)
    for at, value in ((11, hour), (14, minute), (17, second)):
        matrix[:, at] = value // 10 + ord("0")
        matrix[:, at + 1] = value % 10 + ord("0")
    matrix[:, 13] = matrix[:, 16] = ord(":")
    if millis:
        matrix[:, 19] = ord(".")
        _write_digits(matrix, 20, milli, 3)
    matrix[:, width - len(suffix) :] = np.frombuffer(suffix.encode(), dtype=np.uint8)
    return matrix
