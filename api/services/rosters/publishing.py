"""Publishing a roster: its shifts become those of the live hospital, and placing's cover with the next decision.

Legal rest, hours and every other hard rule of a person stand: nothing that breaks one is published. Whoever has a
published shift that changes has agreed (CLINICAL.md, safeguard 7), or it is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from api.errors import ContradictoryInput, Place, RuleBroken, StaleRevision, WrongState
from api.places import pointer
from api.schemas.rosters import PublishIn
from api.security.access import Access
from api.services import repair
from api.services.changes import Changes
from api.services.rosters.checking import Compared, compared
from models.commands import Answer
from models.repositories.rosters import StoredRoster, load_roster
from solver.hospital import DutyKind, Interval, Minute, Shift

Span = tuple[str, Minute, Minute]
"""Whose shift it is, from when until when."""


@dataclass(frozen=True, slots=True)
class Publish:
    """Publish a draft; ``edition``: the ward's last that was seen."""

    roster_id: str
    edition: int
    body: PublishIn
    access: Access


def publish(command: Publish, changes: Changes) -> Answer:
    """Raises ``StaleRevision`` if another edition came since, ``RuleBroken`` for hard rules of people, and
    ``ContradictoryInput`` if somebody is missing who has to agree."""
    stored = changes.desk.storage(lambda connection: load_roster(connection, command.roster_id))
    command.access.require(stored.ward_id)
    if stored.edition is not None:
        raise WrongState("This roster is published already.", "Publish a draft.")
    found = changes.desk.storage(lambda connection: compared(connection, stored))
    if found.edition != command.edition:
        raise StaleRevision(found.edition)
    _refuse(found, command.body)
    edition = replace(
        found.stored,
        id=changes.desk.new_id("ros"),
        edition=found.edition + 1,
        draft_id=found.stored.id,
        plan=_plan(found, sorted(set(command.body.agreed))),
        actor=changes.actor,
    )
    told = sorted({employee for employee, *_ in found.differences()})
    return carried_out(edition, found, told, changes)


def _refuse(found: Compared, body: PublishIn) -> None:
    broken = found.personal_rules()
    if broken:
        raise RuleBroken(
            broken, "Draft the roster again: what was worked before it, or the draft, has changed."
        )
    if found.short and not body.accept_missing:
        expected = f"true: the least cover lacks {found.short} in sum"
        raise ContradictoryInput([Place(pointer("accept_missing"), expected)])
    must_agree = {employee for employee, *_ in found.differences()}
    if not must_agree <= set(body.agreed):
        expected = f"everybody whose published days change, {len(must_agree)} people: :check names them"
        raise ContradictoryInput([Place(pointer("agreed"), expected)])


def _plan(found: Compared, agreed: list[str]) -> dict[str, Any]:
    from solver.rostering.formats_json import rows

    return {
        "assignments": rows(found.roster),
        "refused": dict(found.refused),
        "stepped_in": {},
        "agreed": agreed,
    }


def carried_out(edition: StoredRoster, found: Compared, told: list[str], changes: Changes) -> Answer:
    """Make an edition's shifts those of the hospital: what was decided on others is decided again."""
    shifts = shifts_of(edition, found)
    beds = repair.beds_of_ward(edition.ward_id, changes)
    with repair.around_beds(beds, (), changes), changes.live.arrays.covers_at_once():
        added, removed = _replace(edition, found, shifts, changes)
    changes.rosters.append(edition)
    changes.came_free = True
    changes.tell(
        "roster.published", edition.id, ward_id=edition.ward_id, edition=edition.edition, staff_ids=told
    )
    body = {
        "roster_id": edition.id,
        "ward_id": edition.ward_id,
        "revision": edition.edition,
        "shifts_added": added,
        "shifts_removed": removed,
        "told": told,
        "repaired": changes.repaired,
    }
    return Answer(200, body)


def shifts_of(edition: StoredRoster, found: Compared) -> dict[Span, tuple[Interval, ...]]:
    """Every shift of an edition with its breaks."""
    from solver.rostering.ward import span

    kinds = {shift.id: shift for shift in found.terms.shifts}
    shifts: dict[Span, tuple[Interval, ...]] = {}
    plan: Mapping[str, Any] = edition.plan or {}
    for employee, day, shift_id, _ in plan["assignments"]:
        kind = kinds[shift_id]
        start, end = span(kind, edition.first_day + day, found.zone)
        breaks = (
            Interval(start + after, min(start + after + length, end))
            for after, length in kind.breaks
            if start + after < end
        )
        shifts[employee, start, end] = tuple(breaks)
    return shifts


def _replace(
    edition: StoredRoster, found: Compared, shifts: Mapping[Span, tuple[Interval, ...]], changes: Changes
) -> tuple[int, int]:
    """Of what has not begun: shifts that stay are left as they are, absences with them; how many come and go."""
    standing = {(one.staff_id, one.start, one.end): one for one in _standing(edition, found, changes)}
    for span, shift in standing.items():
        if span not in shifts and not shift.absent:
            changes.drop(Shift, shift.id)
    removed = sum(span not in shifts and not shift.absent for span, shift in standing.items())
    new = [span for span in sorted(shifts) if span not in standing and span[1] > changes.now]
    for number, (staff_id, start, end) in enumerate(new):
        breaks = shifts[staff_id, start, end]
        changes.put(Shift(f"{edition.id}/{number}", staff_id, edition.ward_id, start, end, breaks))
    return len(new), removed


def _standing(edition: StoredRoster, found: Compared, changes: Changes) -> list[Shift]:
    """Shifts of the ward's rostered people on the roster's days that have not begun."""
    from solver.rostering.ward import midnight

    first, end = (midnight(day, found.zone) for day in (edition.first_day, edition.end_day))
    people = {employee.id for employee in found.problem.employees}
    return [
        shift
        for shift in changes.records.shifts.values()
        if shift.ward_id == edition.ward_id
        and shift.kind is DutyKind.DUTY
        and shift.staff_id in people
        and max(first, changes.now + 1) <= shift.start < end
    ]
