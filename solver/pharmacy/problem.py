"""Requests for drugs and the lots there are: what is decided together in one batch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from solver.engine.errors import InvalidInstance, Problem
from solver.engine.rule import Profile
from solver.hospital import BloodGroup, Drug, HandlingClass, Lot, LotState, Minute, Person, Priority
from solver.hospital.door import MAX_COUNT, Door
from solver.pharmacy.kernels import LotArrays, rank_lots
from solver.pharmacy.prices import Prices
from solver.pharmacy.rationing import PLAIN_ORDER, RationingOrder
from solver.pharmacy.rules import COMMITTEES_ORDER, FAIR_BETWEEN_WARDS, FIRST_ASKED, SUPPLY_RULES

COMMITTEES = (COMMITTEES_ORDER, FAIR_BETWEEN_WARDS, FIRST_ASKED)
"""Who comes before whom; their weights say in which order, and no profile takes one of them away."""

DEAREST = 2**60
"""Below it sums of prices stay inside 64 bits, with the flow's own factors."""


class BeyondReckoning(InvalidInstance):
    """Prices and quantities of a batch come to sums that 64 bits do not hold."""


ANTIGEN_BIT = {"A": 1, "B": 2, "D": 4}


@dataclass(frozen=True, slots=True)
class SupplyRequest:
    """``quantity`` units of a drug for a ward, the last of it used at ``use_until``.

    days_of_cover: whole days for which what the ward has of the drug will last. person_id: whom it is for, None for the
    ward's stock; blood is for a person. asked_at decides ties.
    """

    id: str
    ward_id: str
    drug_id: str
    quantity: int
    use_until: Minute
    asked_at: Minute
    priority: Priority = Priority.ROUTINE
    days_of_cover: int = 0
    person_id: str | None = None

    def __post_init__(self) -> None:
        door = Door("SupplyRequest", self.id)
        for name in ("id", "ward_id", "drug_id"):
            door.identity(getattr(self, name), name)
        if self.person_id is not None:
            door.identity(self.person_id, "person_id")
        door.whole(self.quantity, "quantity", 1, MAX_COUNT)
        door.minute(self.use_until, "use_until")
        door.minute(self.asked_at, "asked_at")
        door.member(self.priority, Priority, "priority")
        door.whole(self.days_of_cover, "days_of_cover", 0, 100_000)
        door.close()


@dataclass(frozen=True)
class SupplyProblem:
    """One batch: who asks for what, and which lots there are at ``now``.

    Raises InvalidInstance naming every id that is unknown or given twice, every quantity beyond reckoning, blood that
    is asked for nobody or stands in for what is no blood, a profile that takes the committee's order away; and
    BeyondReckoning for weights whose sums are.
    """

    now: Minute
    drugs: tuple[Drug, ...]
    lots: tuple[Lot, ...]
    requests: tuple[SupplyRequest, ...]
    persons: tuple[Person, ...] = ()
    rationing: RationingOrder = PLAIN_ORDER
    profile: Profile = field(default_factory=Profile)

    def __post_init__(self) -> None:
        problems = [*self._twice(), *self._unknown(), *self._blood(), *self._rationed()]
        total = sum(request.quantity for request in self.requests)
        if total > MAX_COUNT:
            problems.append(
                Problem("requests", total, f"at most {MAX_COUNT} units in all", "Split the batch.")
            )
        if problems:
            raise InvalidInstance(problems)
        self.profile.checked(SUPPLY_RULES)
        dearest = Prices.of(self).dearest(self)
        if dearest >= DEAREST:
            where = f"profile {self.profile.name!r}, weights"
            remedy = "Lower the weights, or split the batch."
            raise BeyondReckoning([Problem(where, dearest, f"costs below {DEAREST} in all", remedy)])

    def _rationed(self) -> Iterable[Problem]:
        """A profile sets prices; who is served first is not for it to say."""
        for rule in COMMITTEES:
            if self.profile.weight(rule) == 0:
                where = f"profile {self.profile.name!r}, {rule.id!r}"
                expected = "set by the committee, not a price: a weight of 1 or more, not switched off"
                yield Problem(where, 0, expected, "Leave it out of the profile.")

    def _twice(self) -> Iterable[Problem]:
        named = (
            ("drugs", self.drugs),
            ("lots", self.lots),
            ("requests", self.requests),
            ("persons", self.persons),
        )
        for name, records in named:
            seen: set[str] = set()
            for record in records:
                if record.id in seen:
                    yield Problem(name, record.id, "each id once", "Remove one of the two.")
                seen.add(record.id)

    def _unknown(self) -> Iterable[Problem]:
        drugs, persons = self.drug_of, self.person_of
        for lot in self.lots:
            if lot.drug_id not in drugs:
                yield Problem(f"Lot {lot.id!r}, drug_id", lot.drug_id, "the id of a drug", "Add the drug.")
        for drug in self.drugs:
            for other in drug.equivalents:
                if other not in drugs:
                    where = f"Drug {drug.id!r}, equivalents"
                    yield Problem(where, other, "ids of drugs", "Add the drug, or strike it from the list.")
        for request in self.requests:
            where = f"SupplyRequest {request.id!r}"
            if request.drug_id not in drugs:
                yield Problem(f"{where}, drug_id", request.drug_id, "the id of a drug", "Add the drug.")
            if request.person_id is not None and request.person_id not in persons:
                yield Problem(
                    f"{where}, person_id", request.person_id, "the id of a person", "Add the person."
                )

    def _blood(self) -> Iterable[Problem]:
        drugs = self.drug_of
        for each in self.drugs:
            for other in each.equivalents:
                kinds = {d.handling is HandlingClass.BLOOD for d in (each, drugs.get(other, each))}
                if len(kinds) > 1:
                    where = f"Drug {each.id!r}, equivalents"
                    expected = "blood for blood only, and nothing else for it"
                    yield Problem(where, other, expected, "Strike it from the list.")
        for request in self.requests:
            drug = self.drug_of.get(request.drug_id)
            if drug and drug.handling is HandlingClass.BLOOD and request.person_id is None:
                where = f"SupplyRequest {request.id!r}, person_id"
                yield Problem(where, None, "a person: blood is cross-matched", "Name the person.")

    @cached_property
    def drug_of(self) -> Mapping[str, Drug]:
        """Drugs by id."""
        return {drug.id: drug for drug in self.drugs}

    @cached_property
    def lot_of(self) -> Mapping[str, Lot]:
        """Lots by id."""
        return {lot.id: lot for lot in self.lots}

    @cached_property
    def person_of(self) -> Mapping[str, Person]:
        """Persons by id."""
        return {person.id: person for person in self.persons}

    @cached_property
    def request_of(self) -> Mapping[str, SupplyRequest]:
        """Requests by id."""
        return {request.id: request for request in self.requests}

    @cached_property
    def compiled(self) -> Compiled:
        """The arrays the engines read."""
        return Compiled.of(self)

    def rank(self, request: SupplyRequest) -> int:
        """Its class in the committee's order, 0 first."""
        return self.rationing.rank(request.priority, request.days_of_cover)


@dataclass(frozen=True, slots=True)
class Compiled:
    """Lots as kernels read them (all frozen), with numbers for drugs, wards and persons; -1 is nobody's."""

    lots: LotArrays
    drug: Mapping[str, int]
    ward: Mapping[str, int]
    person: Mapping[str, int]

    @staticmethod
    def of(problem: SupplyProblem) -> Compiled:
        """Compile; lots of a drug come in order of expiry, ties by id."""
        drug = {each.id: number for number, each in enumerate(problem.drugs)}
        wards = sorted(
            {r.ward_id for r in problem.requests} | {lot.ward_id for lot in problem.lots if lot.ward_id}
        )
        ward = {each: number for number, each in enumerate(wards)}
        person = {each.id: number for number, each in enumerate(problem.persons)}
        lots = _lot_arrays(problem, drug, ward, person)
        wanted = {drug[other] for r in problem.requests for other in choices(problem, r)}
        for number in sorted(wanted):
            rank_lots(lots, number, problem.now)
        for array in lots:
            array.setflags(write=False)
        return Compiled(lots, drug, ward, person)


def choices(problem: SupplyProblem, request: SupplyRequest) -> tuple[str, ...]:
    """Drugs that may serve a request, best first: the one asked for and its approved equivalents, without those whose
    substance the person is allergic to."""
    asked = problem.drug_of[request.drug_id]
    person = problem.person_of.get(request.person_id or "")
    allergies = person.allergies if person else frozenset()
    return tuple(d for d in (asked.id, *asked.equivalents) if problem.drug_of[d].substance not in allergies)


def antigens(group: BloodGroup | None) -> int:
    """Antigens as bits; an unknown group is held to have none, so that only O negative fits."""
    return sum(ANTIGEN_BIT[antigen] for antigen in group.antigens) if group else 0


def _lot_arrays(
    problem: SupplyProblem, drug: Mapping[str, int], ward: Mapping[str, int], person: Mapping[str, int]
) -> LotArrays:
    lots = problem.lots
    of_drug = np.array([drug[lot.drug_id] for lot in lots], np.int64)
    expires = np.array([lot.expires for lot in lots], np.int64)
    by_id = np.argsort(np.argsort(np.array([lot.id for lot in lots], dtype=str)))
    order = np.lexsort((by_id, expires, of_drug)).astype(np.int64)
    counts = np.bincount(of_drug, minlength=len(drug)) if lots else np.zeros(len(drug), np.int64)
    return LotArrays(
        drug_ptr=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        drug_lots=order,
        safety=np.array([each.safety_stock for each in problem.drugs], np.int64),
        stock=np.zeros(len(drug), np.int64),
        is_blood=np.array([each.handling is HandlingClass.BLOOD for each in problem.drugs], np.bool_),
        drug=of_drug,
        available=np.array([lot.available for lot in lots], np.int64),
        expires=expires,
        usable_until=np.array([lot.usable_until for lot in lots], np.int64),
        usable=np.array([lot.state is LotState.AVAILABLE for lot in lots], np.bool_),
        ward=np.array([ward[lot.ward_id] if lot.ward_id else -1 for lot in lots], np.int64),
        rank=np.zeros(len(lots), np.int64),
        donor=np.array([antigens(lot.blood_group) if lot.blood_group else -1 for lot in lots], np.int64),
        matched=np.array([person.get(lot.crossmatched_for or "", -1) for lot in lots], np.int64),
    )
