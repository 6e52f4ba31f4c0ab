"""Orders of a pharmacy: checked at the door, then jobs."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import orjson
from sqlalchemy import Connection

from api.errors import InvalidInput, Place, StaleRevision, WrongState
from api.jobs.catalogue import PHARMACY_PLAN
from api.jobs.kinds import Document
from api.places import pointer
from api.schemas.pharmacy import AcceptIn, PharmacyPlanIn
from api.services import words
from api.services.stock_live import document
from models.clock import MICROSECONDS_PER_MINUTE
from models.commands import Answer, AuditEntry, Command, Event, Outcome, Transaction
from models.errors import NotFound
from models.repositories import supply
from models.repositories.jobs import StoredJob, load_job, load_result, load_spec
from models.repositories.supply import LineDecided
from models.tables.jobs import JobState
from solver.engine.errors import InvalidInstance, Problem
from solver.hospital import Minute

_AT = re.compile(r"stock\.json, (items\[\d+\](?:, (?:lots|on_order)\[\d+\])?)")


def specification(body: PharmacyPlanIn) -> Document:
    """What the workers are given; raises ``InvalidInput`` with every fault and its place, repeating nothing."""
    assert body.stock is not None, "whoever sends none is given the ledger's"
    # Tuning is loaded with the first plan: a service that is asked for none does without.
    from solver.pharmacy.reorder.formats import read_stock

    try:
        read_stock(body.stock)
    except InvalidInstance as refused:
        raise InvalidInput([_place(problem) for problem in refused.problems]) from None
    return {"stock": body.stock, "seed": body.seed}


def from_ledger(connection: Connection, body: PharmacyPlanIn, now: Minute, zone: str) -> Document:
    """What the workers are given of the live hospital: drugs, lots and quantities, nobody's name."""
    told = document(connection, now, zone, body.terms)
    return {"stock": told, "seed": body.seed, "from_ledger": True}


def proposal(connection: Connection, job_id: str, zone: str) -> dict[str, Any]:
    """What a plan came to, with what was decided of it; raises ``NotFound``, for a job of another kind, too, and
    ``WrongState`` where there is nothing yet."""
    job, result = _planned(connection, job_id)
    decided = supply.load_decided(connection, job_id)
    lines = [
        {
            **line,
            "accepted": _accepted(decided[line["item_id"]], zone) if line["item_id"] in decided else None,
        }
        for line in result["lines"]
    ]
    return {
        "job_id": job.id,
        "revision": _revision(decided),
        "from_ledger": bool(load_spec(connection, job_id).get("from_ledger")),
        "stopped": job.state is JobState.STOPPED,
        **result,
        "lines": lines,
    }


def accepting(job_id: str, revision: int, body: AcceptIn, command: Command, zone: str) -> Command:
    """The command that keeps which lines of a proposal somebody decided, who and when. Its write raises
    ``StaleRevision`` if others decided meanwhile, ``InvalidInput`` with every fault of every line."""

    def write(transaction: Transaction) -> Outcome:
        connection = transaction.connection
        _, result = _planned(connection, job_id)
        before = supply.load_decided(connection, job_id)
        if _revision(before) != revision:
            raise StaleRevision(_revision(before))
        lines = _decided(body, load_spec(connection, job_id)["stock"], result, revision + 1)
        supply.insert_decided(transaction, job_id, lines, command.actor)
        now = supply.load_decided(connection, job_id)
        told = {
            "revision": revision + 1,
            "hospital_revision": transaction.revision,
            "items": [
                {"item_id": item, "proposed": line.proposed, **_accepted(line, zone)}
                for item, line in sorted(now.items())
            ],
        }
        detail = {"job_id": job_id, "version": revision + 1, "lines": len(lines)}
        payload = {"subject": job_id, "minute": transaction.now.minute, **detail, "wards": []}
        entry = AuditEntry("order.accepted", job_id, detail)
        return Outcome(Answer(200, told), (entry,), (Event("order.accepted", payload),), touched=())

    return replace(command, write=write)


def _planned(connection: Connection, job_id: str) -> tuple[StoredJob, Document]:
    job = load_job(connection, job_id)
    if job.kind != PHARMACY_PLAN:
        raise NotFound("job", job_id)
    result = load_result(connection, job_id)
    if result is None:
        raise WrongState("There is no order.", "Only a pharmacy's plan that has ended has one.")
    return job, result


def _decided(body: AcceptIn, stock: str, result: Document, version: int) -> list[LineDecided]:
    proposed = {line["item_id"]: line["quantity"] for line in result["lines"]}
    items = {item["id"]: item for item in orjson.loads(stock)["items"]}
    wrong: list[Place] = []
    found: dict[str, LineDecided] = {}
    for number, line in enumerate(body.lines):
        if line.item_id not in proposed or line.item_id in found:
            wrong.append(Place(pointer("lines", number, "item_id"), "an item of the proposal, each once"))
            continue
        item = items[line.item_id]
        quantity = proposed[line.item_id] if line.quantity is None else line.quantity
        pack = item.get("pack", 1)
        if quantity % pack:
            wrong.append(Place(pointer("lines", number, "quantity"), f"whole packs of {pack}"))
        lead = item["lead_time_days"]
        found[line.item_id] = LineDecided(line.item_id, proposed[line.item_id], quantity, lead, version)
    if wrong:
        raise InvalidInput(wrong, "Nothing was accepted.")
    return list(found.values())


def _accepted(line: LineDecided, zone: str) -> dict[str, Any]:
    at = words.moment(line.recorded_microsecond // MICROSECONDS_PER_MINUTE, zone)
    return {"quantity": line.quantity, "by": line.decided_by, "at": at}


def _revision(decided: dict[str, LineDecided]) -> int:
    return max((line.version for line in decided.values()), default=0)


def _place(problem: Problem) -> Place:
    found = _AT.match(problem.where)
    where = f"at {found.group(1)}: " if found else ""
    return Place(pointer("stock"), f"{where}{problem.expected}")
