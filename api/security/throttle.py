"""How long a name is locked after wrong passwords: doubling, forgotten after a while, bounded in memory.

Storage keeps the failures of accounts that exist; this keeps them for any name, so that a lock says nothing
about which names exist, and sits in front so that a flood costs no argon2.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

_NAMES = 10_000
_LONGEST_LOCK_SECONDS = 24 * 3600


@dataclass(slots=True)
class _Failures:
    count: int = 0
    locked_until: float = 0.0


class Throttle:
    """Counts wrong passwords by name; ``monotonic`` is a clock in seconds."""

    def __init__(self, attempts: int, lock_seconds: int, monotonic: Callable[[], float]) -> None:
        self._attempts = attempts
        self._lock_seconds = lock_seconds
        self._monotonic = monotonic
        self._by_name: OrderedDict[bytes, _Failures] = OrderedDict()

    def seconds_locked(self, login: str) -> int:
        """Whole seconds until this name is looked at again; 0 when it is not locked."""
        failures = self._by_name.get(_digest(login))
        left = failures.locked_until - self._monotonic() if failures is not None else 0.0
        return max(0, int(left) + 1) if left > 0 else 0

    def failed(self, login: str) -> None:
        """A wrong password: the ``attempts``-th locks, each further one twice as long."""
        name = _digest(login)
        failures = self._by_name.setdefault(name, _Failures())
        self._by_name.move_to_end(name)
        failures.count += 1
        over = failures.count - self._attempts
        if over >= 0:
            seconds = min(self._lock_seconds * 2 ** min(over, 20), _LONGEST_LOCK_SECONDS)
            failures.locked_until = self._monotonic() + seconds
        while len(self._by_name) > _NAMES:
            self._by_name.popitem(last=False)

    def succeeded(self, login: str) -> None:
        """A right password: start anew."""
        self._by_name.pop(_digest(login), None)


def _digest(login: str) -> bytes:
    return hashlib.sha256(login.casefold().encode()).digest()
