"""The nursing cover a command rests on: wards and slots of time whose stays it changes, at the revision they had.

A placement that takes a nurse's last hour, a stay that lasts longer, a departure: each changes what the next decision
on that ward may give. The transaction stores a command only if those revisions still stand, and counts them
up; a command that comes too late is decided again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from api.services.changes import Changes
from models.repositories.staff import Slot, moved_by_shift, slots
from solver.hospital import Shift, Stay


def rest_on_cover(changes: Changes) -> None:
    """Note what a decided command rests on, and let the desk's revisions follow as those of the database will."""
    touched = dict.fromkeys(_touched(changes))
    moved = Counter(touched.keys())
    for (kind, record_id), after in changes.after.items():
        before = changes.before[kind, record_id]
        if kind is Shift and before != after:
            moved.update(moved_by_shift(before, after))  # type: ignore[arg-type]
    changes.cover_seen = {slot: changes.desk.cover[slot] for slot in touched}
    changes.move_cover(moved)


def _touched(changes: Changes) -> Iterator[Slot]:
    for (kind, record_id), after in changes.after.items():
        before = changes.before[kind, record_id]
        if kind is Stay and before != after:
            for stay in (before, after):
                if isinstance(stay, Stay):
                    yield from _slots_of(stay, changes)


def _slots_of(stay: Stay, changes: Changes) -> Iterator[Slot]:
    """Where and when a stay needs nursing, as far as decisions look ahead; who accompanies somebody needs none."""
    records = changes.records
    start = max(stay.start, changes.now)
    end = min(stay.end, changes.now + records.options.cover_horizon_minutes)
    if stay.with_stay_id is None and start < end:
        yield from slots(records.ward_of_bed(stay.bed_id).id, start, end)
