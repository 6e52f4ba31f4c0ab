"""How far a demo's day is: a bar on a terminal that follows the simulated clock, plain lines elsewhere."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from simulations.day_play import State
from solver.hospital import Minute, from_minute

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress

    from simulations.day_events import Day, Event
    from simulations.day_play import Ledger, Watch


@contextlib.contextmanager
def progress_of(day: Day, zone: str, console: Console, plain: Watch) -> Iterator[Watch]:
    """Who watches a day being played: a bar below what is told, gone when the day is over, or ``plain`` where
    nobody could see it move (a file, a pipe, a dumb terminal)."""
    if not console.is_terminal or console.is_dumb_terminal:
        yield plain
        return
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

    columns = (
        TextColumn("[bold]{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[decisions]}"),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        yield Bar(progress, day, zone)


class Bar:
    """A :class:`~simulations.day_play.Watch` that moves a bar with the simulated clock."""

    def __init__(self, progress: Progress, day: Day, zone: str) -> None:
        self._progress = progress
        self._start = day.start
        self._zone = zone
        self._task = progress.add_task(self._clock(day.start), total=day.end - day.start, decisions="")

    def at(self, minute: Minute, event: Event, ledger: Ledger) -> None:
        """An event of the day was played."""
        states = Counter(entry.standing.state for entry in ledger.entries.values())
        placed = states[State.PLACED] + states[State.ARRIVED]
        self._progress.update(
            self._task,
            completed=minute - self._start,
            description=self._clock(minute),
            decisions=f"{len(ledger.entries)} decided: {placed} placed, {states[State.WAITING]} waiting",
        )

    def _clock(self, minute: Minute) -> str:
        return f"{from_minute(minute, self._zone):%a %d %b %H:%M}"
