"""One patient followed through the rows of a log: what they tell, and where they contradict each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from simulations.engine.codes import Event
from simulations.fitting.faults import Faults
from simulations.fitting.kinds import Kind

NOWHERE = -1
REMEDY_TIMES = (
    "Look whether times of the patient's rows are mixed up; begin the period later where rows are missing."
)


@dataclass(frozen=True, slots=True)
class Row:
    """time: hours. ward: its number, or NOWHERE. told: False for what was concluded from another row."""

    line: int
    time: float
    kind: Kind
    ward: int
    told: bool = True


@dataclass(slots=True)
class Trace:
    """A patient under way.

    here: the ward whose bed is taken; ready: when nothing held the patient there any more. wanted: which ward, since
    when. came: the moment of the arrival while no ward was named. out: (time, event, ward) so far, in order.
    frees_bed: wards that were seen to be left before the next was there.
    """

    faults: Faults
    gap: float
    inside: bool = False
    here: int = NOWHERE
    ready: bool = False
    wanted: tuple[int, float] | None = None
    came: float | None = None
    outside_since: float | None = None
    since_line: int = 0
    out: list[tuple[float, Event, int]] = field(default_factory=list)
    frees_bed: set[int] = field(default_factory=set)

    def follow(self, rows: Sequence[Row]) -> None:
        """Take in all rows of the patient, in the order of time."""
        for row in rows:
            self._follow(row)
        if self.wanted is not None:
            self._tell(self.wanted[1], Event.JOINED, self.wanted[0])

    def _follow(self, row: Row) -> None:
        match row.kind:
            case Kind.ARRIVED:
                self._arrived(row)
            case Kind.REQUESTED:
                self._requested(row)
            case Kind.STARTED:
                self._started(row)
            case Kind.FINISHED:
                self._finished(row)
            case Kind.REFUSED | Kind.GAVE_UP:
                self._in_vain(row)
            case Kind.LEFT:
                self._left(row)

    def _tell(self, time: float, event: Event, ward: int) -> None:
        self.out.append((time, event, ward))

    def _come_in(self, row: Row) -> None:
        """An episode begins, unless it goes on: after a refusal people may try elsewhere."""
        if self.inside and self.outside_since is not None and row.time - self.outside_since > self.gap:
            self.inside = False
        if not self.inside:
            self._tell(row.time, Event.ENTERED, NOWHERE)
        self.inside, self.outside_since = True, None
        self.since_line = row.line

    def _arrived(self, row: Row) -> None:
        if self.inside and self.outside_since is None:
            expected = "an arrival of somebody who is not there"
            self.faults.add(
                row.line, "event", f"an arrival of who came in line {self.since_line}", expected, REMEDY_TIMES
            )
            return
        self._come_in(row)
        self.came = row.time

    def _requested(self, row: Row) -> None:
        self._come_in(row)
        if self.here != NOWHERE and not self.ready:
            self._tell(row.time, Event.FINISHED, self.here)
            self.ready = True
        self.wanted, self.came = (row.ward, row.time), None

    def _started(self, row: Row) -> None:
        if self.here == row.ward and not self.ready:
            self.since_line = row.line
            return  # Another bed of the same ward, or the same after an interruption.
        self._come_in(row)
        if self.here != NOWHERE and not self.ready:
            self._tell(row.time, Event.FINISHED, self.here)
        asked = self._asked(row.time)
        self._tell(asked, Event.JOINED, row.ward)
        self._tell(row.time, Event.STARTED, row.ward)
        self.here, self.ready, self.wanted, self.came = row.ward, False, None, None

    def _asked(self, otherwise: float) -> float:
        if self.wanted is not None:
            return self.wanted[1]
        return self.came if self.came is not None else otherwise

    def _finished(self, row: Row) -> None:
        if self.here == NOWHERE or (row.ward not in (NOWHERE, self.here)):
            expected = "the end of a stay that had begun on this ward"
            self.faults.add(row.line, "event", "an end without a beginning", expected, REMEDY_TIMES)
            return
        if not self.ready:
            self._tell(row.time, Event.FINISHED, self.here)
        if row.told:
            self.frees_bed.add(self.here)
        self.ready = True

    def _in_vain(self, row: Row) -> None:
        """Refused, or given up: only who asked can have waited."""
        ward = row.ward if row.ward != NOWHERE else self.wanted[0] if self.wanted else NOWHERE
        if ward == NOWHERE:
            expected = "the ward that was asked for"
            self.faults.add(
                row.line, "ward", "nothing", expected, "Name the ward, or add a row for the request."
            )
            return
        if row.kind == Kind.GAVE_UP and self.wanted is None and self.came is None:
            expected = "a request (or an arrival) before who gave up"
            remedy = "Add a row for the request, or say refused where nobody waited."
            self.faults.add(row.line, "event", "gave up without having asked", expected, remedy)
            return
        self._come_in(row)
        self._tell(self._asked(row.time), Event.JOINED, ward)
        self._tell(row.time, Event.RENEGED if row.kind == Kind.GAVE_UP else Event.REFUSED, ward)
        self.wanted, self.came = None, None
        if self.here == NOWHERE or self.ready:
            self.outside_since = row.time

    def _left(self, row: Row) -> None:
        if not self.inside:
            expected = "a discharge of somebody who had been admitted before"
            self.faults.add(row.line, "event", "a discharge of nobody who is there", expected, REMEDY_TIMES)
            return
        if self.here != NOWHERE and not self.ready:
            self._tell(row.time, Event.FINISHED, self.here)
        if self.wanted is not None:
            self._tell(self.wanted[1], Event.JOINED, self.wanted[0])
            self._tell(row.time, Event.RENEGED, self.wanted[0])
        self._tell(row.time, Event.LEFT, NOWHERE)
        self.inside, self.here, self.ready, self.wanted, self.came = False, NOWHERE, False, None, None
        self.outside_since = None
