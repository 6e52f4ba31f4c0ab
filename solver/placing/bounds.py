"""How far displacing goes: apart from what displaces, so that whoever reads settings loads no kernels."""

from __future__ import annotations

from dataclasses import dataclass

from solver.hospital.door import Door


@dataclass(frozen=True, slots=True)
class Bounds:
    """How far displacing goes.

    ``after_minutes``: a place that starts more than this later than it could is as if there were none.
    ``tries``: most bookings taken back on trial for one request; 0 switches displacing off.
    ``imminent_minutes``: a booking that its ward has accepted is left alone from this long before its start.
    """

    after_minutes: int = 30
    tries: int = 8
    imminent_minutes: int = 120

    def __post_init__(self) -> None:
        door = Door("Bounds of displacing", "")
        door.whole(self.after_minutes, "after_minutes", 0, 1440)
        door.whole(self.tries, "tries", 0, 100)
        door.whole(self.imminent_minutes, "imminent_minutes", 0, 1440)
        door.close()
