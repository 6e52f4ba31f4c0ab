"""Who works when: staff members, rostered shifts with breaks, and how many patients one nurse may have."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from solver.hospital.door import Door
from solver.hospital.timegrid import Interval, Minute

NURSE_SHARES: Final = 120
"""One nurse is counted as 120 equal shares: divisible by every ratio in use (1 to 6, 8, 10, 12 patients a
nurse)."""


class DutyKind(StrEnum):
    """On duty in person, or on call from elsewhere (counts from the call plus the response time)."""

    DUTY = "duty"
    ON_CALL = "on_call"


@dataclass(frozen=True, slots=True)
class NursingRatio:
    """Patients one nurse may have at a care level: ``floor_patients`` at most, ``target_patients`` aimed at.

    Both divide 120. ``source`` names the law or policy, such as California Title 22 section 70217.
    """

    care_level: int
    floor_patients: int
    target_patients: int
    source: str

    def __post_init__(self) -> None:
        door = Door("NursingRatio", f"level {self.care_level}")
        door.whole(self.care_level, "care_level", 0, 3)
        for name in ("floor_patients", "target_patients"):
            value = getattr(self, name)
            if door.whole(value, name, 1, NURSE_SHARES):
                door.need(NURSE_SHARES % value == 0, name, value, f"a divisor of {NURSE_SHARES}")
        good = isinstance(self.target_patients, int) and self.target_patients <= self.floor_patients
        door.need(good, "target_patients", self.target_patients, "no more than floor_patients")
        door.text(self.source, "source")
        door.need(bool(self.source.strip()), "source", self.source, "the law or policy the ratio comes from")
        door.close()


@dataclass(frozen=True, slots=True)
class StaffMember:
    """A person who works here, known by a code; ``student`` marks those who never count as cover."""

    id: str
    ward_id: str
    skills: frozenset[str] = frozenset()
    grade: int = 5
    student: bool = False

    def __post_init__(self) -> None:
        door = Door("StaffMember", self.id)
        door.identity(self.id)
        door.identity(self.ward_id, "ward_id")
        door.whole(self.grade, "grade", 1, 12)
        door.names(self.skills, "skills")
        door.close()


@dataclass(frozen=True, slots=True)
class Shift:
    """One rostered shift of one staff member on one ward; breaks do not count as cover.

    On call: ``called_at`` None means not called; else it covers from ``called_at + response_minutes``.
    ``absent`` True: rostered but not coming; covers nothing.
    """

    id: str
    staff_id: str
    ward_id: str
    start: Minute
    end: Minute
    breaks: tuple[Interval, ...] = ()
    kind: DutyKind = DutyKind.DUTY
    called_at: Minute | None = None
    response_minutes: int = 0
    absent: bool = False

    def __post_init__(self) -> None:
        door = Door("Shift", self.id)
        door.identity(self.id)
        door.identity(self.staff_id, "staff_id")
        door.identity(self.ward_id, "ward_id")
        door.interval(self.start, self.end)
        door.member(self.kind, DutyKind, "kind")
        door.whole(self.response_minutes, "response_minutes", 0, 1440)
        for pause in self.breaks:
            inside = self.start <= pause.start and pause.end <= self.end
            door.need(inside, "breaks", (pause.start, pause.end), "a break inside the shift")
        if self.called_at is not None:
            door.minute(self.called_at, "called_at")
        door.close()

    def on_duty(self) -> tuple[Interval, ...]:
        """The intervals during which this shift counts as cover (a student's must be left out by the
        caller)."""
        start = self.start
        if self.absent:
            return ()
        if self.kind is DutyKind.ON_CALL:
            if self.called_at is None:
                return ()
            start = max(start, self.called_at + self.response_minutes)
        pieces: list[Interval] = []
        for pause in sorted(self.breaks):
            if start < pause.start:
                pieces.append(Interval(start, pause.start))
            start = max(start, pause.end)
        if start < self.end:
            pieces.append(Interval(start, self.end))
        return tuple(pieces)

    def on_duty_at(self, minute: Minute) -> bool:
        """Whether this shift counts as cover at a minute."""
        if not self.start <= minute < self.end:
            return False
        return any(piece.contains(minute) for piece in self.on_duty())
