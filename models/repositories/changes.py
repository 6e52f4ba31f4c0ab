"""Everything one command changes, stored in an order that every foreign key and guard accepts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from models.commands import Transaction
from models.personal import PersonalData, PersonalVault
from models.repositories import cases, drugs, governance, people, staff
from models.repositories.cases import StoredCase
from models.repositories.governance import StoredDisruption, StoredOverride, StoredProposal
from models.repositories.reasons import StatedReason, insert_reason
from models.repositories.records import RecordChange, save_changes
from models.repositories.staff import Slot
from models.repositories.steps import Breach, insert_breach
from solver.hospital import Minute, Person, RequestState, Step, UnitBooking


@dataclass(frozen=True, slots=True)
class CaseChange:
    """A case before (None: new) and after; ``expected_version`` makes it a compare-and-set."""

    before: StoredCase | None
    after: StoredCase
    expected_version: int | None = None


@dataclass(frozen=True, slots=True)
class StepTaken:
    """A step of an admission and when it happened."""

    request_id: str
    step: Step
    minute: Minute


@dataclass(frozen=True, slots=True)
class CommandChanges:
    """What one command changes. ``cover_seen``: revisions of cover the decision rests on; ``dispensed``:
    allocations whose lots went to the patient; ``new_proposals`` and ``decided_proposals`` apart, because
    only a new one is inserted.
    """

    records: tuple[RecordChange, ...] = ()
    cases: tuple[CaseChange, ...] = ()
    identities: dict[str, PersonalData] = field(default_factory=dict)
    steps: tuple[StepTaken, ...] = ()
    overrides: tuple[StoredOverride, ...] = ()
    new_proposals: tuple[StoredProposal, ...] = ()
    decided_proposals: tuple[StoredProposal, ...] = ()
    disruptions: tuple[StoredDisruption, ...] = ()
    dispensed: tuple[str, ...] = ()
    cover_seen: dict[Slot, int] = field(default_factory=dict)
    reasons: tuple[StatedReason, ...] = ()
    breaches: tuple[Breach, ...] = ()


def save_command(transaction: Transaction, changes: CommandChanges, actor: str, vault: PersonalVault) -> None:
    """Store it all. Raises ``GuardViolation`` or ``IntegrityError`` if the hospital changed meanwhile."""
    staff.revise_cover(transaction, changes.cover_seen)
    persons, others = _parted(changes)
    save_changes(transaction, persons, actor)
    for person_id, data in changes.identities.items():
        people.save_identity(transaction, vault, person_id, data)
    _save_cases(transaction, changes)
    save_changes(transaction, others, actor)
    _save_words(transaction, changes, actor)
    for reason in changes.reasons:
        insert_reason(transaction, vault, reason, actor)
    for breach in changes.breaches:
        insert_breach(transaction, breach)


def _save_cases(transaction: Transaction, changes: CommandChanges) -> None:
    for allocation_id in changes.dispensed:
        drugs.dispense(transaction, allocation_id, transaction.now.minute)
    for change in changes.cases:
        if change.before is not None:
            cases.release_replaced(transaction, change.before, change.after)
    for change in changes.cases:
        if change.before is None:
            cases.insert_case(transaction, change.after)
        else:
            cases.update_case(transaction, change.before, change.after, change.expected_version)
        _give_back_what_is_left(transaction, change.after)


def _give_back_what_is_left(transaction: Transaction, case: StoredCase) -> None:
    if case.state is RequestState.LEFT and case.allocation is not None:
        drugs.release(transaction, case.allocation.id)


def _save_words(transaction: Transaction, changes: CommandChanges, actor: str) -> None:
    for step in changes.steps:
        cases.take_step(transaction, step.request_id, step.step, step.minute, actor)
    for override in changes.overrides:
        governance.insert_override(transaction, override)
    for proposal in changes.new_proposals:
        governance.insert_proposal(transaction, proposal)
    for proposal in changes.decided_proposals:
        governance.update_proposal(transaction, proposal)
    for disruption in changes.disruptions:
        governance.insert_disruption(transaction, disruption)


def _parted(changes: CommandChanges) -> tuple[list[RecordChange], list[RecordChange]]:
    """Persons, whom requests point to, and the rest, some of which points to allocations."""
    persons = [change for change in changes.records if isinstance(change.after, Person)]
    others = [
        _with_need(change, changes) for change in changes.records if not isinstance(change.after, Person)
    ]
    return persons, others


def _with_need(change: RecordChange, changes: CommandChanges) -> RecordChange:
    booking = change.after
    if change.before is not None or not isinstance(booking, UnitBooking) or change.need_type_id is not None:
        return change
    return replace(change, need_type_id=next(_types_asked_for(booking, changes), None))


def _types_asked_for(booking: UnitBooking, changes: CommandChanges) -> Iterator[str]:
    for case in changes.cases:
        allocation = case.after.allocation
        if allocation is not None and allocation.id == booking.allocation_id:
            yield from (use.type_id for use in allocation.units if use.unit_id == booking.unit_id)
