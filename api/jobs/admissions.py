"""Plans of admissions as jobs: a piece is a search, which keeps the best when it is stopped."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from api.jobs.kinds import Document, Observer
from api.jobs.searches import as_found, rows_of, too_many, unbegun
from api.jobs.telling import Telling
from solver.admissions.formats import problem_from_document
from solver.admissions.keeping import Before, Pin, broken_pins, changes, pinned, with_price
from solver.admissions.problem import Admission, AdmissionPlan, AdmissionProblem, Duty
from solver.admissions.referee import Recount, recount
from solver.admissions.solve import METHOD, solve
from solver.engine.change_price import dearer
from solver.engine.result import Budget
from solver.engine.rule import Level


class AdmissionPlanning:
    """The kind of job. ``spec``: ``problem`` (``solver.admissions.formats``), ``requests`` (those of its patients who
    wait), ``seconds``, ``iterations`` (None: seconds count alone), ``workers``, ``seed``; ``pins`` and ``before``
    (where patients were, None: there is no earlier plan), ``change_price``, ``max_changes``."""

    def pieces(self, spec: Document, done: Sequence[Document]) -> list[Document]:
        """One. Where nobody can be admitted who must be without a hard rule broken, another one in which nobody must;
        with too many changes others, in which they are dearer."""
        if not done:
            return [{"change_price": spec["change_price"], "relaxed": False}]
        last = done[-1]
        if not last["verified"] and not last["relaxed"]:
            return [{"change_price": last["change_price"], "relaxed": True}]
        if not too_many(last, spec["max_changes"]):
            return []
        price = dearer(last["change_price"])
        return [] if price is None else [{"change_price": price, "relaxed": last["relaxed"]}]

    def work(self, spec: Document, piece: Document, observer: Observer) -> Document:
        """Search; a piece that is stopped ends with the best plan it has."""
        plain, before, pins = plain_problem(spec), _before(spec), _pins(spec)
        asked = _with_nobody_who_must(plain, spec) if piece["relaxed"] else plain
        if before is not None:
            asked = with_price(asked, before, piece["change_price"])
        asked = pinned(asked, pins)
        budget = Budget(seconds=spec["seconds"], iterations=spec["iterations"])
        result = solve(asked, budget, spec["seed"], Telling(observer), spec["workers"])
        assert result.plan is not None, "a search for admissions always has a plan"
        counted = recount(plain, result.plan)
        return {
            **as_found(result, counted, tallies(counted), same=asked == plain),
            "admissions": rows(result.plan, spec),
            "changes": None if before is None else changes(plain, before, result.plan),
            "pins_kept": not broken_pins(result.plan, pins),
            **piece,
        }

    def result(self, spec: Document, done: Sequence[Document], stopped: bool) -> Document:
        """The plan that keeps the hard rules, with the fewest changes too many, of those the cheapest; nothing if it
        was stopped before it began."""
        most = spec["max_changes"]

        def rank(one: Document) -> tuple[bool, int, bool, int]:
            return not one["verified"], too_many(one, most), one["relaxed"], one["cost"]

        return min(done, key=rank) if done else nothing()


def plain_problem(spec: Document) -> AdmissionProblem:
    """What a plan is counted by: without pins and prices of changes."""
    return problem_from_document(spec["problem"], "live")


def _with_nobody_who_must(problem: AdmissionProblem, spec: Document) -> AdmissionProblem:
    """The problem in which everybody who waits may be left out; who is booked already may not."""
    waiting = spec["requests"]
    patients = (replace(one, mandatory=one.mandatory and one.id not in waiting) for one in problem.patients)
    return replace(problem, patients=tuple(patients))


def _before(spec: Document) -> Before | None:
    if spec["before"] is None:
        return None
    return {
        patient: None if place is None else Admission(patient, *place)
        for patient, place in spec["before"].items()
    }


def _pins(spec: Document) -> list[Pin]:
    return [Pin(*pin) for pin in spec["pins"]]


def rows(plan: AdmissionPlan, spec: Document) -> list[list[Any]]:
    """Patient, day, room and theatre of those who wait, by patient."""
    waiting = spec["requests"]
    given = [
        [one.patient, one.day, one.room, one.theatre] for one in plan.admissions if one.patient in waiting
    ]
    return sorted(given, key=lambda row: int(row[0][1:]))


def tallies(counted: Recount) -> list[dict[str, Any]]:
    """Every rule that is broken, how often, and what that costs; not those that cost nothing here."""
    return rows_of(
        tally
        for tally in counted.tallies
        if tally.cost or (tally.count and tally.rule.level is not Level.SOFT)
    )


def nothing() -> Document:
    """Of a search that was stopped before it began."""
    return {**unbegun(METHOD), "admissions": [], "change_price": 0, "relaxed": False}


def counted_again(spec: Document, result: Document) -> tuple[Recount, bool]:
    """A stored plan as the referee counts it, and whether it breaks no hard rule but those who must and are not
    admitted where nobody had to."""
    plain = plain_problem(spec)
    given = [Admission(*row) for row in result["admissions"]]
    # Those who are booked stand where they are booked: they have one day and one room.
    for one in plain.patients:
        if one.id not in spec["requests"]:
            [room] = {room.id for room in plain.rooms} - one.incompatible_rooms
            given.append(Admission(one.id, one.release, room, plain.theatres[0].id))
    plan = AdmissionPlan(tuple(given), tuple(_duties(plain)))
    asked = _with_nobody_who_must(plain, spec) if result["relaxed"] else plain
    return recount(plain, plan), not recount(asked, plan).broken


def _duties(problem: AdmissionProblem) -> Iterator[Duty]:
    """Somebody is there in every shift."""
    for nurse in problem.nurses:
        for each in nurse.shifts:
            for room in problem.rooms:
                yield Duty(nurse.id, each.day, each.shift, room.id)
