"""An event loop whose time stands still while anything happens, and steps to the next timer when nothing does.

Sockets are real. A test of what is done when holds on a machine of any speed, and waits for no clock.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

SETTLE_SECONDS = 0.01
"""Of the machine's time, before time steps: what one socket of this process sent, another has by then."""

TURN_SECONDS = 1e-6
"""What each turn of the loop takes: a timer that comes a rounding too early may be set again and again."""

Result = TypeVar("Result")


class _Stepping(selectors.DefaultSelector):
    """Waits for sockets as long as they need, and for no timer."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """What is ready; where nothing is, time has passed."""
        self.now += TURN_SECONDS
        if timeout is None or timeout <= 0:
            return super().select(timeout)
        found = super().select(SETTLE_SECONDS)
        if not found:
            self.now += timeout
        return found


class SteppedLoop(asyncio.SelectorEventLoop):
    """The loop; ``time`` counts from zero."""

    def __init__(self) -> None:
        self._steps = _Stepping()
        super().__init__(self._steps)

    def time(self) -> float:
        """Seconds since the beginning, as far as anybody waited."""
        return self._steps.now

    def pass_seconds(self, seconds: float) -> None:
        """Let time go on while the process is busy."""
        self._steps.now += seconds


def stepped(work: Callable[[SteppedLoop], Awaitable[Result]]) -> Result:
    """Have something done in a loop of its own, and what came of it."""

    async def done() -> Result:
        loop: Any = asyncio.get_running_loop()
        return await work(loop)

    with asyncio.Runner(loop_factory=SteppedLoop) as runner:
        return runner.run(done())
