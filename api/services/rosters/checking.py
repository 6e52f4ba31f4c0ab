"""What publishing a roster would come to: every rule counted again on what is known now, who works what instead."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection

from api.errors import WrongState
from api.jobs.kinds import Document
from api.services.rosters import terms as ward_terms
from api.services.rosters.drafting import DAYS_CARRIED, editions_of
from api.services.rosters.showing import day_text, rules_told
from models.repositories import rosters
from models.repositories.jobs import load_result, load_spec
from models.repositories.rosters import StoredRoster
from solver.placing.language import Language

if TYPE_CHECKING:
    from solver.rostering.past import Past
    from solver.rostering.problem import Roster, RosterProblem
    from solver.rostering.referee import Recount
    from solver.rostering.terms import Terms


@dataclass(frozen=True, slots=True)
class Compared:
    """A draft beside what was published of its days. ``problem``: with what was worked before as it is published now;
    ``edition``: the ward's last; ``refused``: wishes that are not granted, by person."""

    stored: StoredRoster
    terms: Terms
    zone: str
    problem: RosterProblem
    roster: Roster
    counted: Recount
    edition: int
    standing: Past
    newer_terms: bool
    refused: Mapping[str, int]

    def differences(self) -> Iterator[tuple[str, int, str | None, str | None]]:
        """Staff, day, shift before and after, where they differ; nothing of days that were never published."""
        days = range(self.stored.first_day, self.stored.end_day)
        known = [day for day in days if day in self.standing.known]
        after = {(g.employee, self.stored.first_day + g.day): g.shift for g in self.roster.assignments}
        people = {employee for employee, _ in after} | self.standing.worked.keys()
        for employee in sorted(people):
            own = self.standing.worked.get(employee, {})
            for day in known:
                if own.get(day) != after.get((employee, day)):
                    yield employee, day, own.get(day), after.get((employee, day))

    def personal_rules(self) -> list[str]:
        """Hard rules that somebody's schedule breaks: no score buys them."""
        return [rule for rule in self._broken() if rule != _least_cover()]

    @property
    def short(self) -> int:
        """People missing below the least cover."""
        return self._broken().get(_least_cover(), 0)

    def _broken(self) -> dict[str, int]:
        from solver.engine.rule import Level

        found = (
            tally for tally in self.counted.tallies if tally.count and tally.rule.level is not Level.SOFT
        )
        return {tally.rule.id: tally.count for tally in found}


def compared(connection: Connection, stored: StoredRoster) -> Compared:
    """Raises ``WrongState`` where there is no plan."""
    from solver.rostering.formats_json import from_json, from_rows
    from solver.rostering.past import Past
    from solver.rostering.referee import recount
    from solver.rostering.terms import read_terms

    spec, roster = load_spec(connection, stored.job_id), from_rows(_assignments(connection, stored))
    editions = rosters.load_editions(connection, stored.ward_id, stored.first_day - DAYS_CARRIED)
    past = Past.of(editions_of(one for one in editions if one.first_day < stored.first_day))
    plain = from_json(spec["problem"])
    employees = (
        replace(one, history=past.history(one.id, stored.first_day) or one.history) for one in plain.employees
    )
    problem = replace(plain, employees=tuple(employees))
    newest = rosters.load_terms(connection, stored.ward_id)
    document = ward_terms.existing(connection, stored.ward_id, stored.terms_version).document
    return Compared(
        stored,
        read_terms(document),
        rosters.zone_of(connection, stored.ward_id),
        problem,
        roster,
        recount(problem, roster),
        rosters.last_edition(connection, stored.ward_id),
        Past.of(editions_of(editions)),
        newest is not None and newest.version != stored.terms_version,
        _refused(problem, roster, spec["asked"]),
    )


def _assignments(connection: Connection, stored: StoredRoster) -> Any:
    if stored.plan is not None:
        return stored.plan["assignments"]
    result: Document | None = load_result(connection, stored.job_id)
    if result is None or result["cost"] is None:
        raise WrongState("There is no plan.", "Wait for the draft's job, or give it more time.")
    return result["assignments"]


def _refused(problem: RosterProblem, roster: Roster, asked: int) -> dict[str, int]:
    """How many of the wishes that were sent each person does not get."""
    worked = {(given.employee, given.day): given.shift for given in roster.assignments}
    refused = Counter[str]()
    for wish in problem.wishes[:asked]:
        shift = worked.get((wish.employee, wish.day))
        granted = shift is not None and wish.shift in (None, shift)
        refused[wish.employee] += granted != wish.on
    return {employee: count for employee, count in sorted(refused.items()) if count}


def _least_cover() -> str:
    from solver.rostering.rules import LEAST_COVER

    return LEAST_COVER.id


def compared_json(connection: Connection, stored: StoredRoster, language: Language) -> dict[str, Any]:
    """What publishing would come to, as clients see it."""
    from api.jobs.rosters import tallies

    found = compared(connection, stored)
    differences = list(found.differences())
    told = Counter(employee for employee, *_ in differences)
    return {
        "roster_id": stored.id,
        "revision": found.edition,
        "publishable": not found.personal_rules(),
        "missing": found.short,
        "cost": found.counted.cost,
        "rules": rules_told(tallies(found.counted), language),
        "newer_terms": found.newer_terms,
        "difference": [
            {"staff_id": employee, "day": day_text(day), "before": before, "after": after}
            for employee, day, before, after in differences
        ],
        "to_tell": [{"staff_id": employee, "changes": count} for employee, count in sorted(told.items())],
    }
