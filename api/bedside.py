"""What is read at the bedside goes on while storage cannot be asked: from memory, with the minute since which it is."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, Protocol, TypeVar

from anyio import to_thread
from sqlalchemy import Connection

from api.metrics import Metrics
from api.services.picture import Picture
from api.services.words import moment
from models.clock import Clock
from models.errors import StorageFails
from models.failures import storage_failed

ASK_AGAIN_SECONDS: Final = 1.0
"""While the database cannot be asked, one question tries it this often."""

T = TypeVar("T")


class Asks(Protocol):
    """Asks the database (``Runtime.read``)."""

    def __call__(self, question: Callable[[Connection], T]) -> Awaitable[T]:
        """The answer; raises what storage raises."""
        ...


class Bedside:
    """Answers from the database, or from memory while that fails. ``picture``: the hospital as it was last seen to be
    stored; ``clock``: the hospital's; ``stale_minutes``: after them an answer is advice only. Used on the
    event loop alone."""

    def __init__(
        self,
        ask: Asks,
        picture: Callable[[], Picture],
        monotonic: Callable[[], float],
        clock: Clock,
        stale_minutes: int,
        zone: str,
        metrics: Metrics,
    ) -> None:
        self._ask = ask
        self._picture = picture
        self._monotonic = monotonic
        self._clock = clock
        self._stale_minutes = stale_minutes
        self._zone = zone
        self._metrics = metrics
        self._again = -math.inf
        self.unreadable = False
        """Whether the last question found that the database cannot be asked; over with any that is answered, not the
        bedside's alone (``Runtime.read``)."""

    async def read(
        self,
        question: Callable[[Connection], Mapping[str, Any]],
        remembered: Callable[[Picture], Mapping[str, Any]],
    ) -> dict[str, Any]:
        """What the database says; while it cannot be asked, what was last seen to be stored, which says since when
        (``stale_since``) and whether that is too long ago to act on (``advice_only``). Raises what either raises,
        ``NotReady`` where there is nothing in memory."""
        try:
            return dict(await self._asked_now_and_then(question))
        except Exception as error:
            if not _cannot_be_asked(error):
                raise
        picture = await to_thread.run_sync(self._picture)
        self._metrics.stale_answers.inc()
        old = self._clock().minute - picture.since > self._stale_minutes
        return {
            **remembered(picture),
            "stale_since": moment(picture.since, self._zone),
            "advice_only": old,
        }

    async def _asked_now_and_then(self, question: Callable[[Connection], T]) -> T:
        """While the database cannot be asked one question a second tries it, and nobody else waits for it."""
        if self.unreadable and self._monotonic() < self._again:
            raise StorageFails("The database could not be asked a moment ago.")
        self._again = self._monotonic() + ASK_AGAIN_SECONDS
        try:
            return await self._ask(question)
        except Exception as error:
            if _cannot_be_asked(error):
                self.unreadable, self._again = True, self._monotonic() + ASK_AGAIN_SECONDS
            raise


def _cannot_be_asked(error: Exception) -> bool:
    return isinstance(error, StorageFails) or storage_failed(error)
