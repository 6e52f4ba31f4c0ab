"""What a kind of job is: how its work falls into pieces, what is done with one, and what comes of all."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

Document = dict[str, Any]
"""A JSON object."""


@dataclass(frozen=True, slots=True)
class Observer:
    """How a piece of work is looked after: ``tell`` passes progress on, ``stopped`` says whether to end with the best
    there is."""

    tell: Callable[[Document], None]
    stopped: Callable[[], bool]


class Kind(Protocol):
    """A kind of job. Everything that passes is JSON, and free of personal data.

    ``pieces`` and ``result`` are called again when a worker takes over from one that died: they depend on nothing but
    what they are given.
    """

    def pieces(self, spec: Document, done: Sequence[Document]) -> list[Document]:
        """What is to be done next, side by side, now that ``done`` came of the pieces before, in order; nothing: all is
        done."""
        ...

    def work(self, spec: Document, piece: Document, observer: Observer) -> Document:
        """Do one piece, in a process of its own."""
        ...

    def result(self, spec: Document, done: Sequence[Document], stopped: bool) -> Document:
        """What came of the job, or, ``stopped``, of the pieces that were done until then."""
        ...


Kinds = Mapping[str, Kind]
"""Every kind of job, by its name."""
