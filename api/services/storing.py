"""From the desk to storage and back: what one command changed, and the open cases at the start."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import asdict, replace
from typing import Any

import orjson
from sqlalchemy import Connection

from api.errors import AlreadyKnown
from api.services.cases import Case, Need, Override, Proposal
from api.services.changes import Changes
from models.commands import Transaction
from models.personal import PersonalVault
from models.repositories import admissions, equipment, governance, profiles, rosters, stock
from models.repositories.cases import StoredCase, StoredNeed, load_open_cases
from models.repositories.changes import CaseChange, CommandChanges, StepTaken, save_command
from models.repositories.dispensing import dispense_lots
from models.repositories.drugs import open_lot, update_lot
from models.repositories.people import find_person
from models.repositories.profiles import Happening
from models.repositories.records import RecordChange
from models.repositories.scarcity import insert_scarcity
from models.repositories.sites import update_site
from models.statements import send
from solver.hospital import Lot, LotState, Minute, Site, UnitBooking


def save(transaction: Transaction, changes: Changes, vault: PersonalVault) -> None:
    """Store everything a command changed; raises ``AlreadyKnown`` for somebody new whose identity number is taken."""
    _refuse_known_identities(transaction, changes, vault)
    for allocation_id, lot_ids in changes.dispensed.items():
        if lot_ids:
            dispense_lots(transaction, allocation_id, lot_ids, transaction.now.minute)
    for (kind, record_id), after in changes.after.items():
        if kind is Site and isinstance(after, Site):
            update_site(transaction, after)
        if isinstance(after, Lot) and becomes_available(changes.before[kind, record_id], after):
            # Before the reservations that the same command may make in it.
            update_lot(transaction, after)
    _take_stock_in(transaction, changes)
    save_command(transaction, as_stored(changes, transaction.revision), changes.actor, vault)
    stock.insert_moves(transaction, [move for move in changes.moves if move.quantity <= 0])
    for awaiting in changes.awaiting:
        keep = stock.insert_awaiting if awaiting.state == "open" else stock.decide_awaiting
        keep(transaction, awaiting)
    for edition in changes.rosters:
        rosters.insert_roster(transaction, edition)
    for job_id in changes.booking_repairs:
        equipment.insert_repair(transaction, job_id, changes.actor)
    admissions.insert_items(transaction, changes.admissions, changes.actor)
    if changes.activated is not None:
        version, reason = changes.activated.profile.version, changes.activated.reason
        profiles.note(transaction, version, Happening.ACTIVATED, changes.actor, reason)
    if changes.repriced is not None:
        insert_scarcity(transaction, changes.repriced.after)
    send(transaction.connection)


def _take_stock_in(transaction: Transaction, changes: Changes) -> None:
    """What came is there before anything of it is reserved; what went goes after what was reserved of it was given
    back."""
    for (kind, record_id), after in changes.after.items():
        if kind is Lot and isinstance(after, Lot) and changes.before[kind, record_id] is None:
            open_lot(transaction, after)
    for card in changes.cards:
        stock.insert_card(transaction, card)
    stock.insert_moves(transaction, [move for move in changes.moves if move.quantity > 0])


def _refuse_known_identities(transaction: Transaction, changes: Changes, vault: PersonalVault) -> None:
    new: set[bytes] = set()
    for person_id, data in changes.identities.items():
        if not data.identity_number:
            continue
        index = vault.identity_index(data.identity_number)
        known = find_person(transaction.connection, vault, data.identity_number)
        if index in new or known not in (None, person_id):
            raise AlreadyKnown(
                "A person of this identity number is known here.", "Send the person_id of that record."
            )
        new.add(index)


def as_stored(changes: Changes, revision: int) -> CommandChanges:
    """What a command changed, as storage keeps it; ``revision`` of the hospital."""
    proposals = [_stored_proposal(p, revision) for p in changes.proposals.values()]
    known = {p for p, before in changes.proposals_before.items() if before is not None}
    return CommandChanges(
        records=tuple(_records(changes)),
        cases=tuple(_cases(changes, revision)),
        identities=changes.identities,
        steps=tuple(StepTaken(r, step, minute) for (r, step), minute in changes.steps.items()),
        overrides=tuple(_overrides(changes)),
        new_proposals=tuple(p for p in proposals if p.id not in known),
        decided_proposals=tuple(p for p in proposals if p.id in known),
        disruptions=tuple(_disruptions(changes)),
        cover_seen=changes.cover_seen,
        reasons=tuple(changes.reasons),
        breaches=tuple(changes.breaches),
    )


def _records(changes: Changes) -> Iterator[RecordChange]:
    for (kind, record_id), after in changes.after.items():
        before = changes.before[kind, record_id]
        if kind is Site or before == after or not _worth_storing(before, after):
            continue
        taken = changes.taken.get(record_id) if kind is UnitBooking else None
        yield RecordChange(before, after, changes.ended.get(record_id), blocked=taken)  # type: ignore[arg-type]


def becomes_available(before: object, after: Lot) -> bool:
    """Whether a lot that was barred may be used from now on."""
    barred = isinstance(before, Lot) and before.state is not LotState.AVAILABLE
    return barred and after.state is LotState.AVAILABLE


def _worth_storing(before: object, after: object) -> bool:
    """A lot's quantities are changed by reservations and moves; only what else changes is stored with the lot, and a
    new one is stored before them."""
    if before is None and isinstance(after, Lot):
        return False
    if isinstance(before, Lot) and isinstance(after, Lot):
        if becomes_available(before, after):
            return False
        same = replace(before, on_hand=after.on_hand, reserved=after.reserved)
        return same != after
    return True


def _cases(changes: Changes, revision: int) -> Iterator[CaseChange]:
    for case_id, after in changes.cases_after.items():
        before = changes.cases_before[case_id]
        stored = None if before is None else stored_case(before, 0)
        yield CaseChange(stored, stored_case(after, revision), None if before is None else before.revision)


def stored_case(case: Case, revision: int) -> StoredCase:
    """A case as storage keeps it; ``revision`` of the hospital."""
    need = case.need
    return StoredCase(
        request=case.request,
        state=case.state,
        ward_id=case.ward_id,
        asked_by=case.asked_by,
        requested_at=case.requested_at,
        allocation=case.allocation and replace(case.allocation, revision=revision),
        explanation=case.explanation,
        need=None if need is None else _stored_need(need),
        version=case.revision,
        displaced_by=case.displaced_by,
        declined_by=case.declined_by,
        held_until=case.held_until,
        overrides=tuple(asdict(one) for one in case.overrides),
        left_until=case.left_until,
        held=case.held,
    )


def _stored_need(need: Need) -> StoredNeed:
    return StoredNeed(need.decide_again, _text(need.fallback), _text(need.call), need.why_not)


def _text(sentence: dict[str, Any]) -> str:
    """A sentence in a column of text."""
    return orjson.dumps(sentence).decode()


def _overrides(changes: Changes) -> Iterator[governance.StoredOverride]:
    for waiver in changes.waivers:
        yield governance.StoredOverride(
            waiver.id,
            waiver.rule_id,
            waiver.request_id,
            waiver.reason,
            changes.actor,
            changes.now,
            waiver.until,
        )


def _disruptions(changes: Changes) -> Iterator[governance.StoredDisruption]:
    for told in changes.disruptions:
        yield governance.StoredDisruption(
            told.id, told.kind, told.subject_id, told.start, told.end, told.detail, changes.actor
        )


def _stored_proposal(proposal: Proposal, revision: int) -> governance.StoredProposal:
    return governance.StoredProposal(
        proposal.id,
        proposal.kind,
        proposal.subject_id,
        _text(proposal.reason),
        proposal.change,
        proposal.state,
        revision,
        proposal.expires,
        proposal.decided_by,
    )


# --- and back -----------------------------------------------------------------------------------------------
def load_cases(connection: Connection, now: Minute) -> list[Case]:
    """Every open case, with the overrides still in force."""
    waivers: defaultdict[str, list[tuple[str, Minute]]] = defaultdict(list)
    for override in governance.load_overrides(connection, now):
        waivers[override.subject_id].append((override.rule_id, override.until_minute))
    return [case_of(stored, waivers[stored.request.id]) for stored in load_open_cases(connection)]


def case_of(stored: StoredCase, waivers: Iterable[tuple[str, Minute]] = ()) -> Case:
    """A stored case as the desk knows it."""
    need = stored.need
    return Case(
        request=stored.request,
        state=stored.state,
        ward_id=stored.ward_id,
        asked_by=stored.asked_by,
        requested_at=stored.requested_at,
        allocation=stored.allocation,
        revision=stored.version,
        explanation=dict(stored.explanation),
        waivers=tuple(waivers),
        need=None if need is None else _need(need),
        displaced_by=stored.displaced_by,
        declined_by=stored.declined_by,
        held_until=stored.held_until,
        overrides=tuple(Override(**one) for one in stored.overrides),
        left_until=stored.left_until,
        held=stored.held,
    )


def _need(stored: StoredNeed) -> Need:
    fallback, call = orjson.loads(stored.fallback), orjson.loads(stored.call)
    return Need(stored.decide_again, fallback, call, dict(stored.why_not))


def load_proposals(connection: Connection) -> list[Proposal]:
    """Every open proposal."""
    return [proposal_of(stored) for stored in governance.load_proposals(connection)]


def proposal_of(stored: governance.StoredProposal) -> Proposal:
    """A stored proposal as the desk knows it."""
    return Proposal(
        stored.id,
        stored.kind,
        stored.subject_id,
        orjson.loads(stored.reason),
        dict(stored.change),
        stored.state,
        stored.expires_minute,
        stored.decided_by,
    )
