"""What became of everybody: one line a patient, from which every number is counted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from simulations.placing.arrivals import local_offset
from simulations.placing.layout import DECISIONS, LOGGED
from solver.engine.types import Bool, Int64
from solver.hospital import Minute

if TYPE_CHECKING:
    from simulations.placing.run import Run


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """Columns int64 (patients,), the first ``lying`` of them the census.

    state: as ``layout``. ward: index into ``ward_ids``, -1 without a bed; capacity int64 (n_wards,): beds with nurses.
    utc_offset: minutes to add to reach the hospital's clock at the start. bed: index into ``bed_ids``, -1: never came.
    made_from: index into ``Compiled.requests``. came, left, refused: minutes, -1: did not happen. changes: of the
    bundle, before coming. outlying bool: the bed's ward is none of the patient's speciality. from_ward bool: came from
    another ward. log int64 (n, 5): see ``layout.Play``.
    """

    start: Minute
    end: Minute
    lying: int
    bed_ids: tuple[str, ...]
    ward_ids: tuple[str, ...]
    capacity: Int64
    utc_offset: int
    made_from: Int64
    state: Int64
    priority: Int64
    asked: Int64
    needed_by: Int64
    bed: Int64
    ward: Int64
    came: Int64
    left: Int64
    refused: Int64
    changes: Int64
    outlying: Bool
    from_ward: Bool
    decisions: int
    log: Int64

    @classmethod
    def of(cls, run: Run) -> Outcome:
        """The outcome of a run as far as it has gone."""
        play, world, compiled = run.play, run.world, run.compiled
        places = world.places
        bed = np.where(play.came >= 0, world.held.bed, -1)
        ward = np.where(bed >= 0, places.ward[bed], -1)
        differs = world.batch.speciality_differs[np.arange(bed.size), ward]
        wards = tuple(compiled.arrays.ward_number)
        return cls(
            start=run.start,
            end=run.now,
            lying=len(compiled.census),
            bed_ids=tuple(compiled.arrays.bed_ids),
            ward_ids=wards,
            capacity=np.bincount(places.ward[places.staffed], minlength=len(wards)),
            utc_offset=local_offset(run.start, compiled.hospital.sites[0].time_zone),
            bed=bed,
            ward=ward,
            outlying=differs & (bed >= 0),
            made_from=run.rows,
            from_ward=compiled.from_ward[run.rows],
            decisions=int(play.counter[DECISIONS]),
            log=play.log[: play.counter[LOGGED]].copy(),
            **{
                name: getattr(play, name).copy()
                for name in ("state", "priority", "asked", "needed_by", "came", "left", "refused", "changes")
            },
        )
