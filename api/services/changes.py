"""What one command changes: applied to the desk at once, remembered, so that it can be undone and stored."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from api.services.cases import Activated, Case, DisruptionRecord, Proposal, Repriced, Waiver
from api.services.concerning import wards_concerned
from api.services.desk import Desk, Practice
from api.services.homes import record_of
from models.commands import AuditEntry, Event
from models.personal import PersonalData
from models.repositories.admissions import StoredItem
from models.repositories.reasons import StatedReason
from models.repositories.rosters import StoredRoster
from models.repositories.scarcity import StoredScarcity
from models.repositories.staff import Slot
from models.repositories.steps import Breach
from models.repositories.stock import AwaitingMove, LotCard, StoredMove
from models.store import blocked
from solver.engine.rule import Profile
from solver.hospital import (
    Allocation,
    Minute,
    Stay,
    Step,
    Unit,
    UnitBooking,
    UnitUse,
)
from solver.placing.live import LiveHospital
from solver.placing.precedence import Precedence
from solver.placing.problem import checked_profile
from solver.placing.records import Record, Records, consequences
from solver.placing.repair import Repaired
from solver.placing.scarcity import priced

Key = tuple[type, str]


class Changes:
    """What one command changes, applied to the desk at once; ``undo`` takes it back."""

    def __init__(self, desk: Desk, now: Minute, actor: str) -> None:
        self.desk = desk
        self.now = now
        self.actor = actor
        self.before: dict[Key, Record | None] = {}
        self.after: dict[Key, Record | None] = {}
        self.cases_before: dict[str, Case | None] = {}
        self.cases_after: dict[str, Case] = {}
        self._cases_noted: dict[str, Case] = {}
        self.identities: dict[str, PersonalData] = {}
        self.steps: dict[tuple[str, Step], Minute] = {}
        self.waivers: list[Waiver] = []
        self.proposals: dict[str, Proposal] = {}
        self.disruptions: list[DisruptionRecord] = []
        self.reasons: list[StatedReason] = []
        self.breaches: list[Breach] = []
        self.moves: list[StoredMove] = []
        self.cards: list[LotCard] = []
        self.awaiting: list[AwaitingMove] = []
        self.rosters: list[StoredRoster] = []
        self.admissions: list[StoredItem] = []
        self.booking_repairs: list[str] = []
        """Jobs whose repair of bookings this command carries out."""
        self.audit: list[AuditEntry] = []
        self._acting: tuple[str | None, dict[str, Any]] = (None, {})
        self.events: list[Event] = []
        self.dispensed: dict[str, set[str]] = defaultdict(set)
        self.ended: dict[str, Minute] = {}
        self.repaired: list[dict[str, Any]] = []
        self.repairs: list[Repaired] = []
        self.max_moves: int | None = None
        self.unplaced_by_repair: set[str] = set()
        self.proposals_before: dict[str, Proposal | None] = {}
        self.cover_seen: dict[Slot, int] = {}
        self.cover_moved: Counter[Slot] = Counter()
        self.taken: dict[str, tuple[Minute, Minute]] = {}
        self.came_free = False
        """Whether something may be free now that somebody who waits could have."""
        self.tried_waiting = False
        """Whether the waiting list was gone over as part of this command."""
        self.without_round = False
        """Whether the waiting list is left alone, because going over it failed."""
        self.activated: Activated | None = None
        self.repriced: Repriced | None = None
        self.alone()

    @property
    def live(self) -> LiveHospital:
        """The live hospital."""
        return self.desk.live

    @property
    def records(self) -> Records:
        """The live hospital's records."""
        return self.desk.live.records

    @property
    def practice(self) -> Practice:
        """How this hospital works the desk."""
        return self.desk.practice

    @property
    def moves_left(self) -> int:
        """Booked allocations the next repair may change: what is left of this command's budget if it has one
        (``max_moves``), else the hospital's bound for one repair."""
        if self.max_moves is None:
            return self.practice.repair_moves
        return self.max_moves - sum(repaired.moves for repaired in self.repairs)

    @property
    def zone(self) -> str:
        """Time zone of answers."""
        return self.desk.practice.zone

    def alone(self) -> None:
        """Nobody else has a turn: before the command's turn and after it, when what gives others theirs would refer
        back to the changes, and so keep them from being freed at once."""
        self.waiting_before: Callable[[Precedence], int] = lambda _: 0
        """How many who wait for what came free have their turn before a newcomer."""
        self.let_precede: Callable[[Precedence], None] = lambda _: None
        """Gives them their turn."""
        self.go_over: Callable[[bool], list[Case]] = lambda _: []
        """Goes over the waiting list for a slice and tells who got a place; True: why others wait is stored anew."""

    # --- records --------------------------------------------------------------------------------------------
    def put(self, record: Record) -> None:
        """Add or replace a record."""
        before = self.desk.put(record)
        self._note((type(record), record.id), before, record)

    def drop(self, kind: type, record_id: str) -> None:
        """Remove a record."""
        self._note((kind, record_id), self.desk.drop(kind, record_id), None)

    def _note(self, key: Key, before: Record | None, after: Record | None) -> None:
        self.before.setdefault(key, before)
        self.after[key] = after

    # --- cases ----------------------------------------------------------------------------------------------
    def set_case(self, case: Case) -> Case:
        """Add or replace a case, with the revision it has after this command (one more per command)."""
        before = self.cases_before.setdefault(case.id, self.desk.cases.get(case.id))
        case = replace(case, revision=1 if before is None else before.revision + 1)
        self.desk.set_case(case)
        self.cases_after[case.id] = case
        self._cases_noted.pop(case.id, None)
        return case

    def note_case(self, case: Case) -> None:
        """Replace a case by one that differs in nothing that is stored: its revision stays."""
        self.cases_before.setdefault(case.id, self.desk.cases.get(case.id))
        self.desk.set_case(case)
        noted = self.cases_after if case.id in self.cases_after else self._cases_noted
        noted[case.id] = case

    def give(self, case: Case, allocation: Allocation) -> None:
        """Make an allocation's stays, bookings and reservations part of the hospital."""
        added = consequences(case.request, allocation, self.records)
        self._end_left(case.request.from_stay_id, allocation.start)
        given: tuple[Record, ...] = (*added.stays, *added.bookings, *added.lots)
        for record in given:
            self.put(record)

    def take_back(self, case: Case) -> None:
        """Take a booked allocation's stays, bookings and reservations out again."""
        allocation = case.allocation
        assert allocation is not None, "nothing was given"
        for stay_id in (f"{allocation.id}/companion", f"{allocation.id}/stay"):
            if stay_id in self.records.stays:
                self.drop(Stay, stay_id)
        for booking in self.bookings_of(case):
            self.drop(UnitBooking, booking.id)
        for use in allocation.lots:
            self.reserve(use.lot_id, -use.quantity)

    def reserve(self, lot_id: str, quantity: int) -> None:
        """Reserve so much more of a lot (less, if negative)."""
        lot = self.records.lots[lot_id]
        self.put(replace(lot, reserved=lot.reserved + quantity))

    def left_until(self, case: Case) -> Minute | None:
        """The expected end of the stay a transfer continues, as it is without the transfer; None if it continues none
        that is there."""
        left = self.records.stays.get(case.request.from_stay_id or "")
        if left is None:
            return None
        return left.end if case.left_until is None else max(left.end, case.left_until)

    def _end_left(self, stay_id: str | None, end: Minute) -> None:
        """A transfer is given: the stay it continues ends when it starts, and whoever accompanies it leaves."""
        for stay in self.records.with_companions(stay_id) if stay_id is not None else ():
            # A forecast only for who lies there: they leave when the arrival in the other bed is recorded.
            until = max(end, stay.start + 1) if stay.state.pinned else end
            if stay.start >= until:
                self.drop(Stay, stay.id)
            elif until < stay.end:
                self.put(replace(stay, end=until))

    def stays_of(self, case: Case) -> Iterator[Stay]:
        """The stays of a case's allocation, the main one first."""
        for suffix in ("stay", "companion"):
            allocation_id = case.allocation.id if case.allocation is not None else ""
            stay = self.records.stays.get(f"{allocation_id}/{suffix}")
            if stay is not None:
                yield stay

    def bookings_of(self, case: Case) -> list[UnitBooking]:
        """The unit bookings of a case's allocation."""
        if case.allocation is None:
            return []
        units = dict.fromkeys(use.unit_id for use in case.allocation.units)
        found = (
            self.records.unit_bookings[b] for u in units for b in self.records.bookings_of_unit.get(u, ())
        )
        return [booking for booking in found if booking.allocation_id == case.allocation.id]

    def replace_unit(self, booking: UnitBooking, other: Unit, start: Minute) -> None:
        """End a booking now and go on with another unit from ``start``, in the allocation too."""
        began = booking.start < self.now
        if began and self.records.units[booking.unit_id].state.usable:
            # Active until its turnaround is over.
            self.put(replace(booking, end=self.now, pinned=False))
        else:
            self.drop(UnitBooking, booking.id)
        new_id = f"{booking.id}/{other.id}"
        self.put(replace(booking, id=new_id, unit_id=other.id, start=start, pinned=True))
        request_id = self.desk.request_of_allocation.get(booking.allocation_id or "")
        if request_id is None:
            return
        case = self.desk.cases[request_id]
        assert case.allocation is not None, "looked up by its allocation"
        uses: list[UnitUse] = []
        for use in case.allocation.units:
            if use.unit_id != booking.unit_id:
                uses.append(use)
                continue
            uses += [replace(use, end=self.now)] if began else []
            uses.append(replace(use, unit_id=other.id, start=start, end=booking.end))
        self.set_case(replace(case, allocation=replace(case.allocation, units=tuple(uses))))

    # --- what is told ---------------------------------------------------------------------------------------
    def step(self, request_id: str | None, step: Step, minute: Minute | None = None) -> None:
        """Note when a step of an admission happened (now, unless said)."""
        if request_id is not None:
            self.steps[request_id, step] = self.now if minute is None else minute

    def tell(self, action: str, subject: str, **detail: Any) -> None:
        """An audit line and an event of the same words; the event also names the wards it concerns."""
        actor, because = self._acting
        self.audit.append(AuditEntry(action, subject, detail | because, actor))
        wards = sorted(wards_concerned(subject, detail, self))
        self.events.append(Event(action, {"subject": subject, "minute": self.now, **detail, "wards": wards}))

    @contextmanager
    def acting(self, actor: str, **because: Any) -> Iterator[None]:
        """What is told inside is audited as an act of a part of the system, and why; not as the sender's."""
        outer, self._acting = self._acting, (actor, because)
        try:
            yield
        finally:
            self._acting = outer

    @property
    def own_acts(self) -> list[AuditEntry]:
        """What was told as the act of whoever sent the command."""
        return [entry for entry in self.audit if entry.actor is None]

    def propose(self, proposal: Proposal) -> Proposal:
        """Add or replace a proposal."""
        self.proposals_before.setdefault(proposal.id, self.desk.proposals.get(proposal.id))
        self.proposals[proposal.id] = proposal
        if proposal.state == "open":
            self.desk.proposals[proposal.id] = proposal
        else:
            self.desk.proposals.pop(proposal.id, None)
        return proposal

    def use_profile(self, profile: Profile, reason: str) -> None:
        """Decide by another version of the rule profile from now on. Raises InvalidInstance, and then nothing is
        changed, if its prices could delay whoever is urgent."""
        assert self.activated is None, "one command activates one version"
        wanted = self._under(profile, self.desk.scarcity)
        self.activated = Activated(self.records.profile, wanted, reason)
        self.live.use_profile(wanted)

    def use_scarcity(self, stored: StoredScarcity) -> None:
        """Decide under other prices of scarce capacity from now on, as far as the profile in force allows them. Raises
        as ``use_profile``."""
        assert self.repriced is None, "one command changes the prices once"
        before, wanted = self.records.profile, self._under(self.records.profile, stored)
        self.repriced = Repriced(before, self.desk.scarcity, wanted, stored)
        self.desk.scarcity = stored
        self.live.use_profile(wanted)

    def _under(self, profile: Profile, stored: StoredScarcity) -> Profile:
        options = self.records.options
        return checked_profile(priced(profile, stored.in_force, options), options)

    def move_cover(self, moved: Counter[Slot]) -> None:
        """The desk's revisions of cover follow what this command will have counted up."""
        self.cover_moved = moved
        self.desk.cover.update(moved)

    def reckon_taken(self) -> None:
        """The minutes each booking of this command takes of its unit, as the units stand after it: the next command
        of the batch may send them elsewhere before anything is stored."""
        records = self.records
        for (kind, booking_id), after in self.after.items():
            if kind is UnitBooking and isinstance(after, UnitBooking):
                unit = records.units[after.unit_id]
                self.taken[booking_id] = blocked(
                    after, unit, records.equipment_types, records.wards, records.sites
                )

    @property
    def empty(self) -> bool:
        """Whether there is nothing to store or to tell."""
        return not (self.audit or self.events or self.after or self.cases_after)

    # --- taking it back -------------------------------------------------------------------------------------
    def undo(self) -> bool:
        """Put everything back; False if something else changed it meanwhile, and the desk must be built
        anew."""
        if not self._untouched():
            return False
        self.desk.cover.subtract(self.cover_moved)
        if self.repriced is not None:
            self.desk.scarcity = self.repriced.before
            self.live.use_profile(self.repriced.profile_before)
        if self.activated is not None:
            self.live.use_profile(self.activated.before)
        for key in reversed(list(self.before)):
            self._restore(key, self.before[key])
        for case_id, case in self.cases_before.items():
            self.desk.restore_case(case_id, case)
        for proposal_id, proposal in self.proposals_before.items():
            if proposal is None:
                self.desk.proposals.pop(proposal_id, None)
            else:
                self.desk.proposals[proposal_id] = proposal
        return True

    def _untouched(self) -> bool:
        live = self.desk.live
        records = all(record_of(live, kind, i) is after for (kind, i), after in self.after.items())
        if self.activated is not None and live.records.profile is not self.activated.profile:
            return False
        if self.repriced is not None and live.records.profile is not self.repriced.profile:
            return False
        cases, after = self.desk.cases, [*self.cases_after.items(), *self._cases_noted.items()]
        return records and all(cases.get(i) in (case, None) for i, case in after)

    def _restore(self, key: Key, before: Record | None) -> None:
        kind, record_id = key
        present = record_of(self.desk.live, kind, record_id)
        if before is not None:
            self.desk.put(before)
        elif present is not None:
            self.desk.drop(kind, record_id)
