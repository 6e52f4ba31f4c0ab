"""Turns of busy processes at one database: neither decides on a hospital that the other is about to change.

What keeps decisions true is the write lock and the look at the newest revision behind it (``models.runner``). Turns
only save the work of deciding twice, so whoever waits too long for one goes ahead without.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Final

from models.commands import BatchDecider
from models.connections import Database

TURNS: Final = 16
"""How many batches a process takes turns for after it met another one's commit."""


class Turns:
    """Whether this process takes turns: while others commit between its batches."""

    def __init__(self, database: Database, decider: BatchDecider) -> None:
        self._database = database
        self._decider = decider
        self._left = 0
        self._seen = decider.revision

    @contextmanager
    def turn(self) -> Iterator[None]:
        """What is done inside a batch; waits until it is this process's turn, if it takes turns."""
        with self._database.turn() if self._left else nullcontext():
            yield
        committed, self._seen = self._decider.revision - self._seen, self._decider.revision
        self._left = TURNS if committed > 1 else max(0, self._left - 1)
