"""The desk: the live hospital with its open cases. It lives as long as the writer."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol, TypeVar

from sqlalchemy import Connection

from api.errors import NotReady
from api.services.cases import Case, Proposal
from api.services.homes import record_of
from models.repositories.profiles import ProfileBook, first_book
from models.repositories.scarcity import StoredScarcity
from models.repositories.staff import Slot
from models.repositories.stock import parts_of
from models.tables.staff import SLOT_MINUTES
from solver.hospital import (
    Minute,
    Person,
    RequestState,
    Shift,
    Stay,
)
from solver.placing.bounds import Bounds
from solver.placing.live import LiveHospital
from solver.placing.records import Record
from solver.placing.scarcity import priced

NewId = Callable[[str], str]

T = TypeVar("T")


class Storage(Protocol):
    """Answers a question from the database as it is committed."""

    def __call__(self, question: Callable[[Connection], T]) -> T:
        """The answer."""
        ...


def no_storage(question: Callable[[Connection], T]) -> T:
    """Of a desk that has no ledger behind it."""
    raise NotReady("There is no ledger here.")


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
    chain_searches: int = 0
    hold_rest_minutes: int = 30
    holds_per_resource: int = 3
    scarcity_minutes: int = 0
    round_seconds: float = 0.005


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
        scarcity: StoredScarcity | None = None,
        storage: Storage = no_storage,
    ) -> None:
        self.live = live
        self.revision = revision
        self.cover = Counter(cover)
        self._find_persons = find_persons
        self.pressed: Callable[[], bool] = lambda: False
        """Whether somebody who waits behind the command is due: what takes long cuts itself short."""
        self.storage = storage
        """Reads what the desk does not keep: the ledger of stock."""
        self.profiles = profiles
        """Reads the book of the rule profile's versions, as it is committed."""
        self.scarcity = scarcity or StoredScarcity()
        """The prices of scarce capacity; ``live``'s profile is under them while they hold."""
        self._absent: frozenset[str] = frozenset()
        self.new_id = new_id
        self.practice = practice
        self.cases: dict[str, Case] = {}
        self.to_come: dict[str, Case] = {}
        """The cases that have a bundle and have not arrived. Every stay that lasts longer looks through them: 0.35 ms
        with 1,600 in bed, and 0.55 where it looks through all cases."""
        self.proposals: dict[str, Proposal] = {p.id: p for p in proposals}
        self.set_aside: dict[str, Minute] = {}
        """Cases that a round of the waiting list failed at, and until when they are left out of it."""
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
        if case.allocation is not None and case.state is not RequestState.ARRIVED:
            self.to_come[case.id] = case
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
        now = self.live.now
        return sorted(waiting, key=lambda case: case.precedence(now))

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

    def parts_of(self, lot_id: str) -> list[str]:
        """Every lot that is part of the same one, itself among them; without a ledger, itself."""
        if self.storage is no_storage:
            return [lot_id]
        return self.storage(lambda connection: parts_of(connection, lot_id))

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
        self.set_aside = {case_id: until for case_id, until in self.set_aside.items() if until > records.now}
        for over in [slot for slot in self.cover if slot[1] < records.now // SLOT_MINUTES]:
            del self.cover[over]
        for shift in [s for s in records.shifts.values() if s.end <= records.now]:
            self.live.drop(Shift, shift.id)
        for person_id in list(records.persons):
            if not (self.stays_of_person.get(person_id) or self.requests_of_person.get(person_id)):
                self.live.drop(Person, person_id)
                self.stays_of_person.pop(person_id, None)
                self.requests_of_person.pop(person_id, None)

    def take_prices(self, stored: StoredScarcity) -> None:
        """Prices of scarce capacity as they are stored, as far as they are not too old: from now on decisions are taken
        under them."""
        records = self.live.records
        self.scarcity = stored.at(records.now, self.practice.scarcity_minutes)
        self.live.use_profile(priced(records.profile, self.scarcity.in_force, records.options))

    def end_old_prices(self) -> None:
        """Prices that nobody computed again in time end, and the profile's own hold. Between batches only."""
        if self.scarcity.at(self.live.now, self.practice.scarcity_minutes) is not self.scarcity:
            self.take_prices(self.scarcity)

    def end_waivers(self) -> None:
        """An override ends at its time; bookings made under it stand, later decisions do without it. Between batches
        only."""
        now = self.live.records.now
        for case in list(self.cases.values()):
            current = tuple((rule_id, until) for rule_id, until in case.waivers if until > now)
            if current != case.waivers:
                self.set_case(replace(case, waivers=current))

    def _forget(self, case: Case | None) -> None:
        if case is None:
            return
        self.cases.pop(case.id, None)
        self.to_come.pop(case.id, None)
        self.requests_of_person[case.request.person_id].discard(case.id)
        if case.allocation is not None:
            self.request_of_allocation.pop(case.allocation.id, None)
