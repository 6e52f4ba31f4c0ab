"""The desk: the live hospital with its open cases, and the changes one command makes to them.

``Desk`` lives as long as the writer. ``Changes`` is one command's: it patches the desk at once, so that the
next command of the batch sees it, remembers what was there before, so that it can be undone, and knows what
must be stored.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from api.services.cases import Activated, Case, DisruptionRecord, Proposal, Waiver
from models.commands import AuditEntry, Event
from models.personal import PersonalData
from models.repositories.profiles import ProfileBook, first_book
from models.repositories.staff import Slot
from models.store import blocked
from models.tables.staff import SLOT_MINUTES
from solver.engine.rule import Profile
from solver.hospital import (
    Allocation,
    Bed,
    Drug,
    EquipmentType,
    Lot,
    Minute,
    Person,
    RequestState,
    Room,
    Shift,
    Site,
    StaffMember,
    Stay,
    Step,
    Unit,
    UnitBooking,
    UnitUse,
    Ward,
)
from solver.placing.displace import Bounds
from solver.placing.live import LiveHospital
from solver.placing.records import Record, Records, consequences

NewId = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Practice:
    """How this hospital works the desk: time zone of its answers, and the bounds of ``api.settings``."""

    zone: str
    comparisons: int
    retry_unplaced: int
    repair_moves: int
    overdue_minutes: int
    again_minutes: int
    batch_seconds: float
    displacing: Bounds = field(default_factory=Bounds)


class Desk:
    """The live hospital, its open cases and open proposals; owned by the writer's thread.

    ``revision``: of the stored hospital it stands at, apart from what is decided and not committed yet.
    """

    def __init__(
        self,
        live: LiveHospital,
        cases: Iterable[Case],
        proposals: Iterable[Proposal],
        new_id: NewId,
        practice: Practice,
        find_persons: Callable[[Collection[str]], Iterable[Person]],
        cover: Mapping[Slot, int],
        revision: int,
        profiles: Callable[[], ProfileBook] = first_book,
    ) -> None:
        self.live = live
        self.revision = revision
        self.cover = Counter(cover)
        self._find_persons = find_persons
        self.pressed: Callable[[], bool] = lambda: False
        """Whether somebody who waits behind the command is due: what takes long cuts itself short."""
        self.profiles = profiles
        """Reads the book of the rule profile's versions, as it is committed."""
        self._absent: frozenset[str] = frozenset()
        self.new_id = new_id
        self.practice = practice
        self.cases: dict[str, Case] = {}
        self.proposals: dict[str, Proposal] = {p.id: p for p in proposals}
        self.request_of_allocation: dict[str, str] = {}
        self.requests_of_person: dict[str, set[str]] = defaultdict(set)
        self.stays_of_person: dict[str, set[str]] = defaultdict(set)
        for case in cases:
            self.set_case(case)
        for stay in live.records.stays.values():
            self.stays_of_person[stay.person_id].add(stay.id)

    def set_case(self, case: Case) -> Case | None:
        """Add or replace a case; a finished one is forgotten. Returns the one before."""
        before = self.cases.get(case.id)
        self._forget(before)
        if case.state in (RequestState.LEFT, RequestState.RELEASED):
            return before
        self.cases[case.id] = case
        self.requests_of_person[case.request.person_id].add(case.id)
        if case.allocation is not None:
            self.request_of_allocation[case.allocation.id] = case.id
        return before

    def restore_case(self, case_id: str, before: Case | None) -> None:
        """Put back what ``set_case`` replaced."""
        if before is None:
            self._forget(self.cases.get(case_id))
        else:
            self.set_case(before)

    def case_of_stay(self, stay: Stay) -> Case | None:
        """The case a stay belongs to; None for who was here before wardflow was."""
        return self.cases.get(stay.request_id) if stay.request_id is not None else None

    def unplaced(self) -> list[Case]:
        """Waiting cases, first to be decided first."""
        waiting = (case for case in self.cases.values() if case.state is RequestState.UNPLACED)
        return sorted(waiting, key=lambda case: case.rank)

    def put(self, record: Record) -> Record | None:
        """Add or replace a record of the live hospital; returns the one before."""
        before: Record | None = record_of(self.live, type(record), record.id)
        self.live.put(record)
        if isinstance(before, Stay):
            self.stays_of_person[before.person_id].discard(before.id)
        if isinstance(record, Stay):
            self.stays_of_person[record.person_id].add(record.id)
        return before

    def drop(self, kind: type, record_id: str) -> Record:
        """Remove a record; returns it."""
        before: Record | None = record_of(self.live, kind, record_id)
        assert before is not None, f"no {kind.__name__} to drop"
        self.live.drop(kind, record_id)
        if isinstance(before, Stay):
            self.stays_of_person[before.person_id].discard(before.id)
        return before

    def person(self, person_id: str) -> Person | None:
        """A person by id, fetched from storage if nobody of that id lies or is awaited here; or None."""
        if person_id not in self.live.records.persons and person_id not in self._absent:
            self.look_up([person_id])
        return self.live.records.persons.get(person_id)

    def look_up(self, person_ids: Collection[str]) -> None:
        """Fetch from storage who of these is stored and not known here; who is not counts as absent until the next
        call. Once a batch: a question for each person took a fifth of deciding."""
        unknown = [person_id for person_id in person_ids if person_id not in self.live.records.persons]
        for person in self._find_persons(unknown) if unknown else ():
            self.live.put(person)
        self._absent = frozenset(unknown)

    def forget_the_past(self) -> None:
        """Take shifts that are over and persons who neither lie nor are awaited here out of the live hospital
        (not out of storage), so that it does not grow. Between batches only."""
        records = self.live.records
        for over in [slot for slot in self.cover if slot[1] < records.now // SLOT_MINUTES]:
            del self.cover[over]
        for shift in [s for s in records.shifts.values() if s.end <= records.now]:
            self.live.drop(Shift, shift.id)
        for person_id in list(records.persons):
            if not (self.stays_of_person.get(person_id) or self.requests_of_person.get(person_id)):
                self.live.drop(Person, person_id)
                self.stays_of_person.pop(person_id, None)
                self.requests_of_person.pop(person_id, None)

    def end_waivers(self) -> None:
        """An override ends at its time; bookings made under it stand, later decisions do without it. Between batches
        only."""
        now = self.live.records.now
        for case in list(self.cases.values()):
            current = tuple((rule_id, until) for rule_id, until in case.waivers if until > now)
            if current != case.waivers:
                self.cases[case.id] = replace(case, waivers=current)

    def _forget(self, case: Case | None) -> None:
        if case is None:
            return
        self.cases.pop(case.id, None)
        self.requests_of_person[case.request.person_id].discard(case.id)
        if case.allocation is not None:
            self.request_of_allocation.pop(case.allocation.id, None)


def record_of(live: LiveHospital, kind: type, record_id: str) -> Any:
    """The present record of a kind and id, or None."""
    return getattr(live.records, _HOMES[kind]).get(record_id)


_HOMES: dict[type, str] = {
    Site: "sites",
    Ward: "wards",
    Room: "rooms",
    Bed: "beds",
    EquipmentType: "equipment_types",
    Unit: "units",
    UnitBooking: "unit_bookings",
    Drug: "drugs",
    Lot: "lots",
    StaffMember: "staff",
    Shift: "shifts",
    Person: "persons",
    Stay: "stays",
}

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
        self.identities: dict[str, PersonalData] = {}
        self.steps: dict[tuple[str, Step], Minute] = {}
        self.waivers: list[Waiver] = []
        self.proposals: dict[str, Proposal] = {}
        self.disruptions: list[DisruptionRecord] = []
        self.audit: list[AuditEntry] = []
        self.events: list[Event] = []
        self.dispensed: dict[str, set[str]] = defaultdict(set)
        self.ended: dict[str, Minute] = {}
        self.repaired: list[dict[str, Any]] = []
        self.unplaced_by_repair: set[str] = set()
        self.proposals_before: dict[str, Proposal | None] = {}
        self.cover_seen: dict[Slot, int] = {}
        self.cover_moved: Counter[Slot] = Counter()
        self.taken: dict[str, tuple[Minute, Minute]] = {}
        self.activated: Activated | None = None

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
    def zone(self) -> str:
        """Time zone of answers."""
        return self.desk.practice.zone

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
        return case

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
        """An audit line and an event of the same words."""
        self.audit.append(AuditEntry(action, subject, detail))
        self.events.append(Event(action, {"subject": subject, "minute": self.now, **detail}))

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
        """Decide by another version of the rule profile from now on."""
        assert self.activated is None, "one command activates one version"
        self.activated = Activated(self.records.profile, profile, reason)
        self.live.use_profile(profile)

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

    # --- taking it back -------------------------------------------------------------------------------------
    def undo(self) -> bool:
        """Put everything back; False if something else changed it meanwhile, and the desk must be built
        anew."""
        if not self._untouched():
            return False
        self.desk.cover.subtract(self.cover_moved)
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
        cases = self.desk.cases
        return records and all(cases.get(i) in (case, None) for i, case in self.cases_after.items())

    def _restore(self, key: Key, before: Record | None) -> None:
        kind, record_id = key
        present = record_of(self.desk.live, kind, record_id)
        if before is not None:
            self.desk.put(before)
        elif present is not None:
            self.desk.drop(kind, record_id)
