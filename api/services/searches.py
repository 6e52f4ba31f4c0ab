"""What drafts of rosters and plans of admissions share: each is stored with the job that finds it, and told with the
rules it breaks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from api.jobs.kinds import Document
from api.services import jobs
from models.commands import Answer, AuditEntry, Command, Event, Outcome, Transaction
from models.ids import IdGenerator
from solver.engine.rule import Level, Rule
from solver.placing.language import Language

SHOWN: Final = ("status", "cost", "bound", "gap", "verified", "method", "changes", "pins_kept")
"""What a client sees of every search, beside the rules."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What was stored beside a job: how the answer calls its id, and what trail and events tell of it."""

    topic: str
    called: str
    id: str
    detail: Mapping[str, Any]
    wards: tuple[str, ...] = ()

    def told(self, transaction: Transaction, outcome: Outcome) -> Outcome:
        """The job's outcome, which also tells of this."""
        detail = dict(self.detail)
        payload = {"subject": self.id, "minute": transaction.now.minute, **detail, "wards": list(self.wards)}
        answer = Answer(outcome.answer.status, {**outcome.answer.body, self.called: self.id})
        audit = (*outcome.audit, AuditEntry(self.topic, self.id, detail))
        events = (*outcome.events, Event(self.topic, payload))
        return replace(outcome, answer=answer, audit=audit, events=events)


def requesting(
    kind: str,
    spec: Document,
    command: Command,
    new_id: IdGenerator,
    zone: str,
    keep: Callable[[Transaction, str], Kept],
) -> Command:
    """The command that stores what is to be found with the job that finds it, both or neither. ``keep`` stores it,
    given the job's id."""
    asked = jobs.requesting(kind, spec, command, new_id, zone)

    def write(transaction: Transaction) -> Outcome:
        assert asked.write is not None, "jobs are stored by commands that write"
        outcome = asked.write(transaction)
        return keep(transaction, outcome.answer.body["job_id"]).told(transaction, outcome)

    return replace(command, write=write)


def found_json(
    result: Mapping[str, Any], own: str, catalogue: Iterable[Rule], language: Language
) -> dict[str, Any]:
    """What a search found as clients see it; ``own``: the field that only this kind has."""
    shown = {name: result[name] for name in (*SHOWN, own)}
    return {**shown, "rules": rules_told(result["rules"], catalogue, language)}


def rules_told(
    tallies: Iterable[Mapping[str, Any]], catalogue: Iterable[Rule], language: Language
) -> list[dict[str, Any]]:
    """Rules that are broken, in the reader's language."""
    known = {rule.id: rule for rule in catalogue}
    told = []
    for tally in tallies:
        rule = known[tally["rule"]]
        sentence = rule.english if language is Language.ENGLISH else rule.chinese
        cost = tally["cost"] if rule.level is Level.SOFT else None
        told.append({"rule": rule.id, "told": sentence, "count": tally["count"], "cost": cost})
    return told
