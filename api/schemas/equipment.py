"""Plans of bookings as they are asked for."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field

from api.schemas.base import MAX_LIST, Identity, Moment, Readable, Strict
from solver.equipment.maintenance import DUE_PRIORITY
from solver.equipment.recurring import MOST_TIMES
from solver.hospital.equipment import MOST_PRIORITY
from solver.hospital.timegrid import MINUTES_PER_DAY

LONGEST_BOOKINGS: Final = 8_000_000
MOST_PARTS: Final = 20
MOST_SECONDS: Final = 600

Times = Annotated[int, Field(ge=1, le=MOST_TIMES)]


class UseIn(Strict):
    """A use: a unit of each of ``type_ids`` (or of its approved substitutes), all together or none, for so many minutes
    on a ward, begun from ``earliest`` to ``latest_start``; ``times`` times, ``every_minutes`` apart. ``priority``: how
    much its waiting weighs."""

    type_ids: Annotated[tuple[Identity, ...], Field(min_length=1, max_length=MOST_PARTS, strict=False)]
    ward_id: Identity
    earliest: Moment
    latest_start: Moment
    minutes: Annotated[int, Field(ge=1, le=366 * MINUTES_PER_DAY)]
    priority: Annotated[int, Field(ge=1, le=MOST_PRIORITY)] = 1
    every_minutes: Annotated[int, Field(ge=1, le=366 * MINUTES_PER_DAY)] = MINUTES_PER_DAY
    times: Times = 1


class WantedIn(UseIn):
    """A use that is to be planned; ``id``: what the plan calls it."""

    id: Annotated[Identity, Field(max_length=40)]


class DueIn(Strict):
    """Maintenance that is due on a unit, begun from ``earliest`` to ``latest_start``. ``priority``: how much leaving it
    undone weighs beside bookings left out."""

    id: Annotated[Identity, Field(max_length=40)]
    unit_id: Identity
    earliest: Moment
    latest_start: Moment
    minutes: Annotated[int, Field(ge=1, le=31 * MINUTES_PER_DAY)]
    priority: Annotated[int, Field(ge=1, le=MOST_PRIORITY)] = DUE_PRIORITY


class HoursIn(Strict):
    """Somebody is there from ``start`` to ``end``."""

    start: Moment
    end: Moment


class TechnicianIn(Strict):
    """Who does maintenance, one work at a time; ``ward_id``: where they set out from; ``hours`` in order."""

    id: Annotated[Identity, Field(max_length=40)]
    ward_id: Identity
    hours: Annotated[tuple[HoursIn, ...], Field(min_length=1, max_length=MAX_LIST, strict=False)]


class LiveIn(Strict):
    """Bookings of this hospital, and maintenance that is due on its units, to be planned between what its units are
    booked for. ``technicians``: those who do it; none named: it takes nobody."""

    wanted: Annotated[tuple[WantedIn, ...], Field(max_length=MAX_LIST, strict=False)] = ()
    maintenance: Annotated[tuple[DueIn, ...], Field(max_length=MAX_LIST, strict=False)] = ()
    technicians: Annotated[tuple[TechnicianIn, ...], Field(max_length=MAX_LIST, strict=False)] = ()

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to be planned."""
        return not (self.wanted or self.maintenance)


class EquipmentRepairIn(Strict):
    """Repair the bookings whose units are out of use: at most ``changes`` others change, too, of which ``rounds``
    choices are tried within ``seconds``."""

    changes: Annotated[int, Field(ge=0, le=MAX_LIST)] = 5
    rounds: Annotated[int, Field(ge=0, le=1000)] = 20
    seconds: Annotated[int, Field(ge=1, le=MOST_SECONDS)] = 60
    seed: Annotated[int, Field(ge=0, lt=2**53)] = 1


class EquipmentPlanIn(LiveIn):
    """Either ``wanted`` or ``maintenance``, to be planned between what the units of this hospital are booked for, or
    ``bookings``: the JSON document that docs/equipment.md describes, as text. ``seconds``: of search; ``seed``: which
    chance."""

    bookings: Annotated[Readable, Field(min_length=1, max_length=LONGEST_BOOKINGS)] | None = None
    seconds: Annotated[int, Field(ge=1, le=MOST_SECONDS)] = 60
    seed: Annotated[int, Field(ge=0, lt=2**53)] = 1
