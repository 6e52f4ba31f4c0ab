"""Which fleets are asked about: units more or fewer of a type, one by one or up to so many either way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from solver.engine.errors import Problem


def all_changes(changes: Sequence[int], around: int | None, usual: int) -> tuple[int, ...]:
    """Each change of ``changes`` once, the fewest units first; none: from ``around`` fewer to as many more, with the
    fleet as it is. ``usual`` stands in where neither is said."""
    if changes:
        return tuple(sorted(set(changes)))
    most = usual if around is None else around
    return tuple(range(-most, most + 1))


def faults(changes: Sequence[int], around: int | None) -> Iterator[Problem]:
    """What is wrong with the two together."""
    if around is not None and around < 1:
        remedy = "Say how many units fewer and more to ask about."
        yield Problem("around", around, "1 or more", remedy)
    if around is not None and changes:
        yield Problem("around", around, "either changes or around", "Leave one of them out.")
