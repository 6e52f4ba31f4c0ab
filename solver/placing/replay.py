"""Past decisions taken again, each on the hospital as it was known then, under two rule profiles.

What is replayed is the single request: bed, start, units, lots and cover, as ``LiveHospital.find`` decides it. After
each decision the hospital goes on as it really did, whatever a profile would have chosen, so that every decision is
compared on the same facts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from solver.engine.rule import Profile
from solver.hospital import Allocation, Hospital, Minute, Person, Request
from solver.placing.live import LiveHospital
from solver.placing.problem import Method, PlacingOptions
from solver.placing.records import Record

MANY: Final = 100
"""Beyond so many records a change is taken in as a whole, as that in which a hospital is founded."""


@dataclass(frozen=True, slots=True)
class PastChange:
    """What became known at one ``microsecond``: records that were no more, records that were new or different."""

    microsecond: int
    drops: tuple[tuple[type, str], ...]
    puts: tuple[Record, ...]


@dataclass(frozen=True, slots=True)
class PastPlace:
    """Where somebody was placed."""

    bed_id: str
    start: Minute

    @classmethod
    def of(cls, allocation: Allocation | None) -> PastPlace | None:
        """The place of an allocation, None for none."""
        return None if allocation is None else cls(allocation.bed_id, allocation.start)


@dataclass(frozen=True, slots=True)
class PastDecision:
    """A request as it was decided at ``minute``, recorded at ``microsecond``; ``given``: None where nothing fitted.

    ``person`` as known then; ``waived``: rules a person overrode for it.
    """

    microsecond: int
    minute: Minute
    request: Request
    person: Person
    waived: frozenset[str]
    given: PastPlace | None


@dataclass(frozen=True, slots=True)
class Past:
    """A hospital as it was known at one minute, and all that happened since, in order."""

    hospital: Hospital
    now: Minute
    changes: tuple[PastChange, ...]
    decisions: tuple[PastDecision, ...]
    options: PlacingOptions = field(default_factory=PlacingOptions)


@dataclass(frozen=True, slots=True)
class Replayed:
    """One decision under both profiles.

    ``price_before``: what the choice under the profile before costs at the prices of the one after, more than the
    choice under that; ``price_after``: the same the other way round. Both are 0 where the choices are the same.
    """

    request_id: str
    minute: Minute
    given: PastPlace | None
    before: PastPlace | None
    after: PastPlace | None
    price_before: int
    price_after: int

    @property
    def differs(self) -> bool:
        """Whether the two profiles choose another bed or another start."""
        return self.before != self.after

    @property
    def as_recorded(self) -> bool:
        """Whether the profile before chooses what was really given."""
        return self.before == self.given


def replay(
    past: Past, before: Profile, after: Profile, stop: Callable[[], bool] = lambda: False
) -> Iterator[Replayed]:
    """The past's decisions under both profiles, oldest first, until ``stop`` says so."""
    live = LiveHospital.of(past.hospital, past.now, before, past.options)
    pending = iter(past.changes)
    change = next(pending, None)
    for decision in past.decisions:
        if stop():
            return
        while change is not None and change.microsecond < decision.microsecond:
            _happen(live, change)
            change = next(pending, None)
        live.move_clock(decision.minute)
        with live.trial():
            live.put(decision.person)
            yield _replayed(live, decision, before, after)


def _happen(live: LiveHospital, change: PastChange) -> None:
    if len(change.drops) + len(change.puts) > MANY:
        live.take_in(change.drops, change.puts)
        return
    for kind, record_id in change.drops:
        live.drop(kind, record_id)
    for record in change.puts:
        live.put(record)


def _replayed(live: LiveHospital, decision: PastDecision, before: Profile, after: Profile) -> Replayed:
    request, waived = decision.request, decision.waived
    found = []
    for profile in (before, after):
        live.use_profile(profile)
        found.append(live.find(request, "replayed", waived=waived))
    old, new = found
    differs = PastPlace.of(old) != PastPlace.of(new)

    def dearer(profile: Profile, one: Allocation | None, other: Allocation | None) -> int:
        live.use_profile(profile)
        costs = [live.judged(request, a, Method.KERNEL, waived=waived).cost for a in (one, other)]
        return costs[0] - costs[1]

    return Replayed(
        request.id,
        decision.minute,
        decision.given,
        PastPlace.of(old),
        PastPlace.of(new),
        dearer(after, old, new) if differs else 0,
        dearer(before, new, old) if differs else 0,
    )
