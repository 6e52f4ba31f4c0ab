"""What cannot be so, from the generator's own journal alone.

The journal holds what each patient's ward was told, and between which moments it was true for certain: from the answer
to an arrival until the departure was sent. Two such spans of one bed that overlap prove that it was given twice.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

Line = Mapping[str, Any]
ASKING = ("ask", "hold", "transfer")


@dataclass(frozen=True, slots=True)
class Held:
    """A bed or a unit that a patient had for certain, seconds of the monotonic clock."""

    thing: str
    patient: str
    begin: float
    end: float


def faults(lines: Sequence[Line]) -> list[str]:
    """Everything that is wrong in itself; empty for a sound service. ``lines``: in the order of their answers."""
    known = [line for line in lines if line["status"]]
    return [
        *_doubled(known),
        *_given_twice(_held(known, {line["patient"] for line in lines if not line["status"]})),
        *_out_of_order(known),
    ]


def _doubled(lines: Iterable[Line]) -> Iterator[str]:
    """Requests that two commands were told to have made; requests that ended twice."""
    made = Counter(line["request"] for line in lines if line["kind"] in ASKING)
    yield from (f"doubled: {request} was the answer to {n} commands" for request, n in made.items() if n > 1)
    ended = Counter(line["request"] for line in lines if line["kind"] in ("leave", "release"))
    yield from (f"doubled: {request} was ended {n} times" for request, n in ended.items() if n > 1)


def _held(lines: Iterable[Line], unsure: set[str]) -> list[Held]:
    """What patients had for certain; nothing of those of whom a write was never answered."""
    found: list[Held] = []
    here: dict[str, Line] = {}

    def ends(patient: str, end: float) -> None:
        line = here.pop(patient, None)
        if line is not None:
            things = (line["bed"], *line["units"])
            found.extend(Held(thing, patient, line["answered"], end) for thing in things)

    for line in lines:
        if line["patient"] in unsure:
            continue
        if line["kind"] == "arrive" and line["state"] == "arrived":
            ends(line["patient"], line["sent"])
            here[line["patient"]] = line
        elif line["kind"] == "leave":
            ends(line["patient"], line["sent"])
    for patient in list(here):
        ends(patient, math.inf)
    return found


def _given_twice(held: Sequence[Held]) -> Iterator[str]:
    """Neighbours in time that have the same bed or unit at once."""
    if not held:
        return
    things = np.unique([each.thing for each in held], return_inverse=True)[1]
    begins = np.array([each.begin for each in held])
    order = np.lexsort((begins, things))
    ends = np.array([each.end for each in held])[order]
    same = things[order][1:] == things[order][:-1]
    for at in np.flatnonzero(same & (begins[order][1:] < ends[:-1])).tolist():
        one, other = held[order[at]], held[order[at + 1]]
        if one.patient != other.patient:
            yield f"given twice: {one.thing} was held by two patients ({one.patient} and {other.patient}) at once"


def _out_of_order(lines: Sequence[Line]) -> Iterator[str]:
    """Writes that were asked after another was told, and done at an earlier revision of the hospital."""
    newest, ended = 0, 0
    for line in sorted(lines, key=lambda each: float(each["sent"])):
        while lines[ended]["answered"] < line["sent"]:
            newest = max(newest, lines[ended]["hospital"])
            ended += 1
        if line["hospital"] <= newest:
            yield f"out of order: {line['request']} was asked after revision {newest} was told, and done before it"
