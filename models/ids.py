"""Prefixed, sortable ids, made by the client of the database rather than by the database.

``req_01JD5Z8QJ4S1V7...``: a prefix that says what the id names, then 26 characters of Crockford's base 32:
48 bits of milliseconds and 80 random bits (the ULID layout, github.com/ulid/spec). Ids made one after the
other sort in that order, within a millisecond too, so that the index they land in grows at one end.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable

from models.clock import Clock

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_RANDOM_BITS = 80
_BODY_LENGTH = 26
_PAIRS = tuple(high + low for high in _ALPHABET for low in _ALPHABET)
_SHIFTS = tuple(range(5 * _BODY_LENGTH - 10, -1, -10))
_PATTERN = re.compile(rf"([a-z]{{2,4}})_([{_ALPHABET}]{{{_BODY_LENGTH}}})")

RandomBytes = Callable[[int], bytes]


class IdGenerator:
    """Makes ids; safe to share between threads.

    ``clock`` gives the milliseconds, ``random_bytes`` (``secrets.token_bytes`` in service) the rest.
    """

    def __init__(self, clock: Clock, random_bytes: RandomBytes) -> None:
        self._clock = clock
        self._random_bytes = random_bytes
        self._lock = threading.Lock()
        self._last = 0

    def __call__(self, prefix: str) -> str:
        """A new id such as ``alc_...``; ``prefix`` is two to four lower-case letters."""
        identifier = f"{prefix}_{_encode(self._next())}"
        if not _PATTERN.fullmatch(identifier):
            raise ValueError(f"Id prefix {prefix!r}: expected two to four letters a-z.")
        return identifier

    def _next(self) -> int:
        milliseconds = self._clock().microsecond // 1000
        fresh = milliseconds << _RANDOM_BITS | int.from_bytes(self._random_bytes(_RANDOM_BITS // 8), "big")
        with self._lock:
            same_or_earlier = fresh >> _RANDOM_BITS <= self._last >> _RANDOM_BITS
            # A clock set back, or two ids in one millisecond: count on from the last one.
            self._last = self._last + 1 if same_or_earlier else fresh
            return self._last


def prefix_of(identifier: str) -> str | None:
    """What an id says it names (``req``, ``alc``, ...), or None if it is not one of ours."""
    match = _PATTERN.fullmatch(identifier)
    return match.group(1) if match else None


def _encode(number: int) -> str:
    return "".join([_PAIRS[number >> shift & 1023] for shift in _SHIFTS])
