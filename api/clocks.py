"""The hospital's clock: the machine's, or in a sandbox one that a client sets so that a day takes seconds.

Tokens, locks and timeouts always use the machine's clock, never the hospital's.
"""

from __future__ import annotations

import threading
import time

from api.errors import ClockRunsForward
from models.clock import MICROSECONDS_PER_MINUTE, Clock, Instant


def machine_clock() -> Instant:
    """The machine's calendar, in whole microseconds."""
    return Instant(time.time_ns() // 1000)


class ForwardClock:
    """The machine's calendar, but never back: where somebody sets it back it stands still until it is reached again.

    What has expired stays so. Safe to use from any thread.
    """

    def __init__(self, wall: Clock) -> None:
        self._wall = wall
        self._lock = threading.Lock()
        self._told = wall()

    def __call__(self) -> Instant:
        """The latest moment that the machine has told."""
        now = self._wall()
        with self._lock:
            self._told = max(now, self._told)
            return self._told


class HospitalClock:
    """Tells the hospital's moment; runs with ``wall`` until it is set.

    Never tells a moment twice, so that the order of what is recorded stays known while it stands still.
    ``earliest``: nor one before this (what storage recorded last), however the machine's clock is set. A sandbox
    (``simulated``) that is ahead of its machine goes on from there; a live hospital is so because the machine's clock
    was set back, and stands still until it is reached.
    """

    def __init__(self, wall: Clock, earliest: Instant, *, simulated: bool) -> None:
        self._wall = wall
        self._lock = threading.Lock()
        self._ahead = max(0, earliest.microsecond - wall().microsecond) if simulated else 0
        self._frozen: Instant | None = None
        self._told = earliest.microsecond

    def __call__(self) -> Instant:
        """The present moment."""
        with self._lock:
            self._told = max(self._now().microsecond, self._told + 1)
            return Instant(self._told)

    def set(self, now: Instant, running: bool) -> None:
        """Jump to a moment and go on from it, or stand still there; raises ``ClockRunsForward``."""
        with self._lock:
            if now.minute < max(self._now().microsecond, self._told) // MICROSECONDS_PER_MINUTE:
                raise ClockRunsForward("The hospital's clock only runs forward.", "Give a later time.")
            self._frozen = None if running else now
            self._ahead = now.microsecond - self._wall().microsecond

    @property
    def seconds_ahead(self) -> float:
        """How far it is ahead of the machine's clock: set to a later time, or waiting for it."""
        with self._lock:
            return max(0, max(self._now().microsecond, self._told) - self._wall().microsecond) / 1_000_000

    @property
    def running(self) -> bool:
        """Whether it goes on by itself."""
        with self._lock:
            return self._frozen is None

    def _now(self) -> Instant:
        return self._frozen or Instant(self._wall().microsecond + self._ahead)
