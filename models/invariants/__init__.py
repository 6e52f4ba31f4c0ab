"""The recount: facts that must hold of the stored hospital, counted from the tables alone.

Plain SQL and plain Python, sharing no code with the solver and none with the guards: what placing, referee
and triggers all believe is checked here from what was written down. ``STANDING`` facts are counted from the tables
as they stand; ``JUDGED`` ones from the histories, for each decision and arrival by what was known at that moment, so
that what a mishap brought about later is no breach. A rule that a person overrode (``rule_override``) is left
out for the request, allocation, stay or bed the override names, and one that the hospital's profile switched off for
all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sqlalchemy import Connection

from models.audit import verify_chain
from models.invariants import beds, fit, given, needs, nursing, rooms, supplies
from models.invariants.common import Found
from models.invariants.excuses import Excuses
from models.invariants.history import Moment, moments


@dataclass(frozen=True, slots=True, order=True)
class Violation:
    """One broken fact: which, of which records (opaque ids), and a sentence of numbers."""

    rule: str
    subjects: tuple[str, ...]
    detail: str


def recount(connection: Connection) -> list[Violation]:
    """Every violation in the database, in a fixed order; empty for a sound hospital."""
    return sorted([*_standing(connection), *_judged(connection)])


def _standing(connection: Connection) -> Iterator[Violation]:
    for fact, count in STANDING.items():
        yield from _named(fact, count(connection))


def _judged(connection: Connection) -> Iterator[Violation]:
    excuses = Excuses(connection)
    for moment in moments(connection):
        for fact, judge in JUDGED.items():
            yield from _named(fact, judge(moment, excuses))


def _named(fact: str, found: Found) -> Iterator[Violation]:
    for subjects, detail in found:
        yield Violation(fact, subjects, detail)


def _audit_chain(connection: Connection) -> Found:
    for sentence in verify_chain(connection).breaks:
        yield ("audit",), sentence


STANDING: dict[str, Callable[[Connection], Found]] = {
    "bed_promised_twice": beds.bed_promised_twice,
    "two_in_one_bed": beds.two_in_one_bed,
    "one_in_two_beds": beds.one_in_two_beds,
    "arrived_in_dirty_bed": beds.arrived_in_dirty_bed,
    "arrived_while_closed": beds.arrived_while_closed,
    "stay_without_occupancy": beds.stay_without_occupancy,
    "mixed_room": beds.mixed_room,
    "companion_without_patient": beds.companion_without_patient,
    "unit_taken_twice": supplies.unit_taken_twice,
    "unusable_unit": supplies.unusable_unit,
    "lot_over_reserved": supplies.lot_over_reserved,
    "stock_not_its_moves": supplies.stock_not_its_moves,
    "lot_unusable": supplies.lot_unusable,
    "wrong_drug": supplies.wrong_drug,
    "foreign_cabinet": supplies.foreign_cabinet,
    "known_allergy": supplies.known_allergy,
    "incompatible_blood": supplies.incompatible_blood,
    "lost_request": needs.lost_request,
    "lapsed_hold": needs.lapsed_hold,
    "audit_chain": _audit_chain,
}

JUDGED: dict[str, Callable[[Moment, Excuses], Found]] = {
    "unstaffed_bed": fit.unstaffed_bed,
    "unsuitable_bed": fit.unsuitable_bed,
    "missing_feature": fit.missing_feature,
    "too_heavy": fit.too_heavy,
    "too_little_care": fit.too_little_care,
    "excluded_room": fit.excluded_room,
    "refused_age": fit.refused_age,
    "closed_when_given": fit.closed_when_given,
    "unclean_when_given": fit.unclean_when_given,
    "companion_elsewhere": fit.companion_elsewhere,
    "unsuitable_room": rooms.unsuitable_room,
    "isolation_shared": rooms.isolation_shared,
    "exposure_shared": rooms.exposure_shared,
    "near_whom_to_avoid": rooms.near_whom_to_avoid,
    "too_few_nurses": nursing.too_few_nurses,
    "missing_skill": nursing.missing_skill,
    "ward_pool_exceeded": nursing.ward_pool_exceeded,
    "wrong_units": given.wrong_units,
    "unusable_unit_given": given.unusable_unit_given,
    "unit_not_lent": given.unit_not_lent,
}

FACTS = (*STANDING, *JUDGED)
"""The name of every fact that is recounted."""
