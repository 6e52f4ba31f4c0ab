"""Recounts who lay where against an IHTC-2024 document, and nothing else: shares no code with the reader."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Recount:
    """Violations, counted as the competition counts them; ``details``: one line per finding.

    mixed: H1, sum over rooms and days of the smaller gender's heads. incompatible: H2, one a patient.
    over_capacity: H7, heads over capacity, summed over rooms and days. early_or_late: H6, admitted outside
    release and due day. shortened: stays that end before the length of stay (and before the horizon).
    unknown: rows that name no patient or room, an occupant elsewhere than the instance says, or one person
    twice.
    """

    mixed: int
    incompatible: int
    over_capacity: int
    early_or_late: int
    shortened: int
    unknown: int
    details: tuple[str, ...]

    @property
    def total(self) -> int:
        """All violations together; 0 is clean."""
        counted = self.mixed + self.incompatible + self.over_capacity
        return counted + self.early_or_late + self.shortened + self.unknown


def recount(instance_json: Mapping[str, Any], rows: Iterable[tuple[str, str, int, int]]) -> Recount:
    """Count what ``rows`` break.

    Parameters
    ----------
    instance_json: the parsed instance file.
    rows: (patient id, room id, first day, last day), days from 0, both included: a stay of 3 days admitted
    on day 4
        has 4 and 6. Occupants lie where the instance says, with or without a row of their own. Days behind
        the horizon count nothing.
    """
    patients = {p["id"]: p for p in instance_json["patients"]}
    capacity = {r["id"]: r["capacity"] for r in instance_json["rooms"]}
    horizon = instance_json["days"]
    heads: dict[tuple[str, int], list[str]] = defaultdict(list)
    for o in instance_json["occupants"]:
        for day in range(min(o["length_of_stay"], horizon)):
            heads[o["room_id"], day].append(o["gender"])

    counts: Counter[str] = Counter()
    details: list[str] = []
    seen: set[str] = set()
    for row in rows:
        for kind, sentence in _of_row(row, instance_json, patients, capacity, seen):
            counts[kind] += 1
            details.append(sentence)
        patient_id, room_id, first, last = row
        if patient_id in patients and patient_id not in seen and room_id in capacity:
            for day in range(max(first, 0), min(last + 1, horizon)):
                heads[room_id, day].append(patients[patient_id]["gender"])
        seen.add(patient_id)

    for (room_id, day), genders in sorted(heads.items()):
        fewer = min(genders.count("A"), genders.count("B"))
        if fewer:
            counts["mixed"] += fewer
            details.append(f"room {room_id} is mixed on day {day}")
        if len(genders) > capacity[room_id]:
            counts["over_capacity"] += len(genders) - capacity[room_id]
            details.append(f"room {room_id} holds {len(genders)} of {capacity[room_id]} on day {day}")
    return Recount(
        counts["mixed"],
        counts["incompatible"],
        counts["over_capacity"],
        counts["early_or_late"],
        counts["shortened"],
        counts["unknown"],
        tuple(details),
    )


def _of_row(
    row: tuple[str, str, int, int],
    instance: Mapping[str, Any],
    patients: Mapping[str, Mapping[str, Any]],
    capacity: Mapping[str, int],
    seen: set[str],
) -> Iterator[tuple[str, str]]:
    """What one row breaks by itself: kind and sentence."""
    patient_id, room_id, first, last = row
    if patient_id in seen:
        yield "unknown", f"{patient_id} has a second row"
    elif patient_id not in patients:
        home = [o["room_id"] for o in instance["occupants"] if o["id"] == patient_id]
        if home != [room_id] or first > 0:
            yield "unknown", f"{patient_id} is no patient, or an occupant elsewhere than the instance says"
    elif room_id not in capacity:
        yield "unknown", f"patient {patient_id} lies in {room_id}, which is no room"
    else:
        p, horizon = patients[patient_id], instance["days"]
        if room_id in p["incompatible_room_ids"]:
            yield "incompatible", f"patient {patient_id} lies in incompatible room {room_id}"
        due = p["surgery_due_day"] if p["mandatory"] else horizon - 1
        if not p["surgery_release_day"] <= first <= due:
            yield "early_or_late", f"patient {patient_id} is admitted on day {first}, not when allowed"
        if last + 1 < min(first + p["length_of_stay"], horizon):
            yield "shortened", f"patient {patient_id} leaves on day {last}, before the end of the stay"
