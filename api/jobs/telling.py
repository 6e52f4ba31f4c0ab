"""What a search that runs as a job tells of itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from api.jobs.kinds import Observer
from solver.engine.result import TracePoint


class Telling:
    """Passes on what a search finds, the cost by rule where the search tells it, and asks whether to go on."""

    def __init__(self, observer: Observer) -> None:
        self._observer = observer
        self._bound: int | None = None
        self._cost: int | None = None
        self._parts: Mapping[str, int] | None = None

    def incumbent(self, point: TracePoint) -> None:
        """A better plan."""
        self._cost, self._parts = point.cost, point.parts
        self._tell(point)

    def bound(self, point: TracePoint) -> None:
        """A better bound."""
        self._bound = point.bound
        self._tell(point)

    def stop_requested(self) -> bool:
        """Whether somebody asked to stop."""
        return self._observer.stopped()

    def _tell(self, point: TracePoint) -> None:
        gap = None
        if self._cost is not None and self._bound is not None:
            gap = (self._cost - self._bound) / max(1, abs(self._cost))
        seconds = round(point.seconds, 1)
        told: dict[str, Any] = {"seconds": seconds, "cost": self._cost, "bound": self._bound, "gap": gap}
        if self._parts is not None:
            told["parts"] = dict(self._parts)
        self._observer.tell(told)
