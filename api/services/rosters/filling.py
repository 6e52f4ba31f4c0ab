"""Tonight's gap and swaps: who could step in, who is asked, and publishing what everybody agreed to.

What is asked for is a record of its own: who works what instead. The person asked accepts or declines (CLINICAL.md,
safeguard 7); somebody who was asked tells their ward manager or a planner, who records it under their own name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection

from api.errors import ContradictoryInput, InvalidInput, Place, RuleBroken, UnknownReference, WrongState
from api.places import pointer
from api.schemas.rosters import GapIn, RosterAnswerIn, RosterChangeIn
from api.security.access import Access
from api.services.changes import Changes
from api.services.rosters.checking import Compared, compared
from api.services.rosters.drafting import DAYS_CARRIED, editions_of
from api.services.rosters.publishing import carried_out
from api.services.rosters.showing import day_text, rules_told
from api.services.words import moment
from models.clock import Instant
from models.commands import Answer, AuditEntry, Command, Event, Outcome, Transaction
from models.ids import IdGenerator
from models.repositories import rosters
from models.repositories.rosters import StoredChange, StoredRoster
from solver.engine.errors import InvalidInstance
from solver.hospital import Minute
from solver.placing.language import Language

if TYPE_CHECKING:
    from solver.rostering.changes import Change, Standing
    from solver.rostering.cover import Candidate, Ranking


@dataclass(frozen=True, slots=True)
class Gap:
    """An edition that holds, and who could step in; not among them who is absent then, has declined, or was called out
    shortly before."""

    found: Compared
    standing: Standing
    ranking: Ranking

    def candidate(self, staff_id: str) -> Candidate:
        """How somebody could step in; raises ``RuleBroken`` for who may not, ``WrongState`` for who cannot."""
        for candidate in self.ranking.candidates:
            if candidate.employee == staff_id:
                return candidate
        for barred in self.ranking.barred:
            if barred.employee == staff_id:
                broken = dict.fromkeys(one.rule.id for one in barred.breaks)
                raise RuleBroken(broken, "Ask somebody whom :cover offers.")
        raise WrongState("This person cannot step in then.", "Ask somebody whom :cover offers.")


# --- questions ----------------------------------------------------------------------------------------------
def gap_of(connection: Connection, stored: StoredRoster, asked: GapIn, now: Minute) -> Gap:
    """Who could step in. Raises ``WrongState`` if the roster does not hold or the shift has begun, ``InvalidInput`` if
    nobody of that id works then."""
    from solver.rostering.changes import Standing
    from solver.rostering.cover import rank

    found = holding(connection, stored)
    standing = Standing(found.problem, found.roster)
    day = asked.day - stored.first_day
    try:
        ranking = rank(standing, asked.staff_id, day, _fairness(connection, found, asked.day))
    except InvalidInstance:
        raise InvalidInput([Place(pointer("staff_id"), "somebody who works on that day")]) from None
    start, end = _span(found, asked.day, ranking.shift)
    if start <= now:
        raise WrongState("The shift has begun.", "Call in who is on call.")
    out = _left_out(connection, stored, asked, (start, end), found.terms.rest_minutes)
    candidates = tuple(one for one in ranking.candidates if one.employee not in out)
    return Gap(found, standing, replace(ranking, candidates=candidates))


def holding(connection: Connection, stored: StoredRoster) -> Compared:
    """An edition; raises ``WrongState`` unless it is the one that holds on its days."""
    editions = rosters.load_editions(connection, stored.ward_id, stored.first_day)
    last = [one for one in editions if one.first_day < stored.end_day]
    if not last or last[-1].id != stored.id:
        raise WrongState(
            "This roster does not hold on its days.", "Name the edition that was published last."
        )
    return compared(connection, stored)


def _fairness(connection: Connection, found: Compared, day: int) -> Any:
    from solver.rostering.cover import Fairness
    from solver.rostering.past import Past, burdens

    editions = editions_of(rosters.load_editions(connection, found.stored.ward_id, day - DAYS_CARRIED))
    nights = found.terms.nights
    carried = burdens(editions, Past.of(editions), nights, day - DAYS_CARRIED, day)
    return Fairness(carried, found.terms.prices, nights)


def _span(found: Compared, day: int, shift_id: str) -> tuple[Minute, Minute]:
    from solver.rostering.ward import span

    return span(next(one for one in found.terms.shifts if one.id == shift_id), day, found.zone)


def _left_out(
    connection: Connection,
    stored: StoredRoster,
    asked: GapIn,
    span: tuple[Minute, Minute],
    rest: int,
) -> set[str]:
    """Who does not come then themselves, who declined this very gap, and who was called out within the rest before or
    after it."""
    out = rosters.load_hindered(connection, stored.ward_id, span[0] - rest, span[1] + rest)
    for change in rosters.load_changes(connection, stored.ward_id, asked.day):
        if change.kind == "cover" and change.detail["gap"] == {"staff_id": asked.staff_id, "day": asked.day}:
            out |= {staff_id for staff_id, agreed in change.answers.items() if not agreed}
    return out


def gap_json(gap: Gap, language: Language) -> dict[str, Any]:
    """Who could step in, as clients see it."""
    ranking, first = gap.ranking, gap.found.stored.first_day
    return {
        "roster_id": gap.found.stored.id,
        "day": day_text(first + ranking.day),
        "shift_id": ranking.shift,
        "skill": ranking.skill,
        "open_cost": ranking.open_cost,
        "candidates": [
            {
                "staff_id": one.employee,
                "moves": _moves(_stored(one.changes, gap.standing, first)),
                "cost": one.cost,
                "fairness": one.fairness,
                "price": one.price,
            }
            for one in ranking.candidates
        ],
        "barred": [
            {
                "staff_id": one.employee,
                "rules": rules_told(
                    [{"rule": b.rule.id, "count": b.units, "cost": 0} for b in one.breaks], language
                ),
            }
            for one in ranking.barred
        ],
    }


# --- asking -------------------------------------------------------------------------------------------------
def asking(
    connection: Connection, stored: StoredRoster, body: RosterChangeIn, now: Minute
) -> Callable[[str, str], StoredChange]:
    """What is asked of whom, given an id and who asks; raises as ``gap_of`` and ``RuleBroken`` for an unlawful swap."""
    if (body.swap is None) != (body.gap is not None and body.by is not None):
        raise ContradictoryInput([Place("#", "`gap` and `by`, or `swap`")])
    if body.gap is not None and body.by is not None:
        return _to_cover(gap_of(connection, stored, body.gap, now), body.gap, body.by)
    return _to_swap(holding(connection, stored), body, now)


def _to_cover(gap: Gap, asked: GapIn, by: str) -> Callable[[str, str], StoredChange]:
    from solver.rostering.changes import Change

    candidate = gap.candidate(by)
    away = Change(asked.staff_id, gap.ranking.day, None)
    changes = _stored((away, *candidate.changes), gap.standing, gap.found.stored.first_day)
    people = sorted({change.employee for change in candidate.changes})
    detail = {"asked": people, "cost": candidate.cost, "by": by}
    detail["gap"] = {"staff_id": asked.staff_id, "day": asked.day}
    return lambda id_, actor: StoredChange(id_, gap.found.stored.id, "cover", changes, detail, actor)


def _to_swap(found: Compared, body: RosterChangeIn, now: Minute) -> Callable[[str, str], StoredChange]:
    from solver.rostering.changes import Standing
    from solver.rostering.cover import swap

    assert body.swap is not None, "checked by whoever calls"
    standing, first = Standing(found.problem, found.roster), found.stored.first_day
    try:
        one, other = ((each.staff_id, each.day - first) for each in body.swap)
        judged = swap(one, other, standing)
    except InvalidInstance:
        expected = "two people who work on these days, each off on the other's day if it is another one"
        raise InvalidInput([Place(pointer("swap"), expected)]) from None
    if not judged.legal:
        raise RuleBroken(dict.fromkeys(b.rule.id for b in judged.breaks), "Swap other shifts.")
    for who, day in (one, other):
        shift = (standing.duties[who][day] or ("", ""))[0]
        if _span(found, first + day, shift)[0] <= now:
            raise WrongState("A shift of the swap has begun.", "Swap shifts that have not.")
    changes = _stored(judged.changes, standing, first)
    detail = {"asked": sorted({one[0], other[0]}), "cost": judged.cost}
    return lambda id_, actor: StoredChange(id_, found.stored.id, "swap", changes, detail, actor)


def _stored(changes: Sequence[Change], standing: Standing, first_day: int) -> tuple[dict[str, Any], ...]:
    """Each change with what was worked before it: what changed meanwhile is noticed."""
    return tuple(
        {
            "staff_id": change.employee,
            "day": first_day + change.day,
            "shift_id": change.shift,
            "skill": change.skill,
            "before": (standing.duties[change.employee][change.day] or (None,))[0],
        }
        for change in changes
    )


def requesting(
    made: Callable[[str, str], StoredChange],
    stored: StoredRoster,
    command: Command,
    new_id: IdGenerator,
    zone: str,
) -> Command:
    """The command that stores what is asked."""
    change = made(new_id("rch"), command.actor)

    def write(transaction: Transaction) -> Outcome:
        rosters.insert_change(transaction, change)
        return _told("roster.asked", change.id, stored, transaction, zone)

    return replace(command, write=write)


def answering(change_id: str, body: RosterAnswerIn, access: Access, command: Command, zone: str) -> Command:
    """The command that records what somebody said, once. Its write raises ``UnknownReference`` for who was not asked,
    and ``WrongState`` for who has said already."""

    def write(transaction: Transaction) -> Outcome:
        change = rosters.load_change(transaction.connection, change_id)
        stored = rosters.load_roster(transaction.connection, change.roster_id)
        access.require(stored.ward_id)
        if body.staff_id not in change.asked:
            raise UnknownReference([Place(pointer("staff_id"), "somebody who was asked")])
        if body.staff_id in change.answers:
            raise WrongState("This person has said already.", "Ask anew for another answer.")
        rosters.insert_answer(transaction, change_id, body.staff_id, body.agreed, command.actor)
        topic = "roster.agreed" if body.agreed else "roster.declined"
        return _told(topic, change_id, stored, transaction, zone)

    return replace(command, write=write)


def _told(topic: str, change_id: str, stored: StoredRoster, transaction: Transaction, zone: str) -> Outcome:
    change = rosters.load_change(transaction.connection, change_id)
    detail = {"roster_id": stored.id, "ward_id": stored.ward_id, "kind": change.kind}
    payload = {"subject": change_id, "minute": transaction.now.minute, **detail, "wards": [stored.ward_id]}
    told = {"change_id": change_id, **change_json(change, stored, zone)}
    answer = Answer(200, told | {"hospital_revision": transaction.revision})
    return Outcome(answer, (AuditEntry(topic, change_id, detail),), (Event(topic, payload),), touched=())


def change_json(change: StoredChange, stored: StoredRoster, zone: str) -> dict[str, Any]:
    """What is asked of whom, as clients see it."""
    return {
        "id": change.id,
        "roster_id": change.roster_id,
        "ward_id": stored.ward_id,
        "kind": change.kind,
        "state": change.state,
        "moves": _moves(change.changes),
        "cost": change.detail["cost"],
        "asked": [{"staff_id": one, "agreed": change.answers.get(one)} for one in change.asked],
        "by": change.actor,
        "at": moment(Instant(change.recorded_microsecond).minute, zone),
    }


def _moves(changes: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    kept = ("staff_id", "shift_id", "skill")
    return [{**{name: one[name] for name in kept}, "day": day_text(one["day"])} for one in changes]


# --- publishing ---------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class PublishChange:
    """Publish what everybody agreed to."""

    change_id: str
    access: Access


def publish_change(command: PublishChange, changes: Changes) -> Answer:
    """Raises ``WrongState`` unless everybody agreed and the shifts concerned are as they were when they were asked, and
    ``RuleBroken`` if what else changed makes it unlawful."""
    storage = changes.desk.storage
    change = storage(lambda connection: rosters.load_change(connection, command.change_id))
    asked_of = storage(lambda connection: rosters.load_roster(connection, change.roster_id))
    command.access.require(asked_of.ward_id)
    if change.state != "agreed":
        raise WrongState(f"The change is {change.state}.", "Everybody who is asked must have agreed.")
    found = storage(lambda connection: _newest(connection, asked_of))
    edition = _edition(change, found, changes)
    if change.kind == "cover":
        _mark_absent(change, found, changes)
    return carried_out(edition, found, change.asked, changes)


def _newest(connection: Connection, asked_of: StoredRoster) -> Compared:
    editions = rosters.load_editions(connection, asked_of.ward_id, asked_of.first_day)
    same = [one for one in editions if one.first_day < asked_of.end_day]
    return holding(connection, same[-1])


def _edition(change: StoredChange, found: Compared, changes: Changes) -> StoredRoster:
    from solver.rostering.changes import Change, Standing
    from solver.rostering.formats_json import rows

    stored, standing = found.stored, Standing(found.problem, found.roster)
    made: list[Change] = []
    for one in change.changes:
        day = one["day"] - stored.first_day
        inside = one["staff_id"] in standing.people and 0 <= day < stored.days
        if not inside or (standing.duties[one["staff_id"]][day] or (None,))[0] != one["before"]:
            raise WrongState("The shifts concerned have changed since.", "Ask anew.")
        if any(_span(found, one["day"], s)[0] <= changes.now for s in (one["before"], one["shift_id"]) if s):
            raise WrongState("A shift concerned has begun.", "Ask anew.")
        made.append(Change(one["staff_id"], day, one["shift_id"], one["skill"]))
    ill = change.detail["gap"]["staff_id"] if change.kind == "cover" else None
    breaks = (b for b in standing.judged(made).breaks if b.employee not in (None, ill))
    broken = dict.fromkeys(b.rule.id for b in breaks)
    if broken:
        raise RuleBroken(broken, "Ask anew.")
    assert stored.plan is not None, "an edition has a plan"
    stepped = {change.detail["by"]: 1} if change.kind == "cover" else {}
    plan = {**stored.plan, "assignments": rows(standing.after(made).roster), "stepped_in": stepped}
    return replace(
        stored,
        id=changes.desk.new_id("ros"),
        edition=found.edition + 1,
        change_id=change.id,
        plan=plan | {"agreed": change.asked},
        actor=changes.actor,
    )


def _mark_absent(change: StoredChange, found: Compared, changes: Changes) -> None:
    """Who does not come is absent from the shift, which stays theirs: it is not taken off them."""
    gap = change.detail["gap"]
    before = next(one["before"] for one in change.changes if one["staff_id"] == gap["staff_id"])
    span = _span(found, gap["day"], before)
    for shift in list(changes.records.shifts.values()):
        if (shift.staff_id, shift.start, shift.end) == (gap["staff_id"], *span) and not shift.absent:
            changes.put(replace(shift, absent=True))
