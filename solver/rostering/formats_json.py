"""Roster problems and rosters as JSON, for what carries them between processes; people by id alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from solver.rostering import problem as parts
from solver.rostering.problem import Roster, RosterProblem

Json = dict[str, Any]


def to_json(problem: RosterProblem) -> Json:
    """The problem; a contract that many have is written once."""
    contracts = {employee.contract.id: employee.contract for employee in problem.employees}
    return {
        "name": problem.name,
        "days": problem.days,
        "shifts": [{**asdict(shift), "never_before": sorted(shift.never_before)} for shift in problem.shifts],
        "skills": list(problem.skills),
        "contracts": [
            {**asdict(one), "most_of_shift": dict(one.most_of_shift)} for one in contracts.values()
        ],
        "employees": [_employee(one) for one in problem.employees],
        "wishes": [asdict(wish) for wish in problem.wishes],
        "cover": [asdict(cell) for cell in problem.cover],
    }


def _employee(one: parts.Employee) -> Json:
    return {
        "id": one.id,
        "contract": one.contract.id,
        "skills": sorted(one.skills),
        "days_off": sorted(one.days_off),
        "history": None if one.history is None else asdict(one.history),
    }


def from_json(document: Mapping[str, Any]) -> RosterProblem:
    """The inverse of ``to_json``."""
    contracts = {one["id"]: _contract(one) for one in document["contracts"]}
    return RosterProblem(
        document["name"],
        document["days"],
        tuple(
            parts.ShiftType(
                one["id"], one["minutes"], frozenset(one["never_before"]), parts.Limits(**one["run"])
            )
            for one in document["shifts"]
        ),
        tuple(document["skills"]),
        tuple(
            parts.Employee(
                one["id"],
                contracts[one["contract"]],
                frozenset(one["skills"]),
                frozenset(one["days_off"]),
                None if one["history"] is None else parts.History(**one["history"]),
            )
            for one in document["employees"]
        ),
        tuple(parts.Wish(**one) for one in document["wishes"]),
        tuple(parts.Cover(**one) for one in document["cover"]),
    )


def _contract(one: Mapping[str, Any]) -> parts.Contract:
    limited = {
        name: parts.Limits(**one[name]) for name in ("minutes", "shifts", "worked_run", "off_run", "weekends")
    }
    return parts.Contract(
        one["id"],
        whole_weekends_price=one["whole_weekends_price"],
        most_of_shift=one["most_of_shift"],
        **limited,
    )


def rows(roster: Roster) -> list[list[Any]]:
    """A roster as rows of employee, day, shift, skill."""
    return [[given.employee, given.day, given.shift, given.skill] for given in roster.assignments]


def from_rows(found: Iterable[Iterable[Any]]) -> Roster:
    """The inverse of ``rows``."""
    return Roster(tuple(parts.Assignment(*row) for row in found))
