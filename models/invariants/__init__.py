"""The recount: facts that must hold of the stored hospital, counted from the tables alone.

Plain SQL and plain Python, sharing no code with the solver and none with the guards: what placing, referee
and triggers all believe is checked here from what was written down. A rule that a person overrode
(``rule_override``) is left out for the request, allocation, stay or bed the override names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sqlalchemy import Connection

from models.audit import verify_chain
from models.invariants import beds, decisions, supplies
from models.invariants.common import Found


@dataclass(frozen=True, slots=True, order=True)
class Violation:
    """One broken fact: which, of which records (opaque ids), and a sentence of numbers."""

    rule: str
    subjects: tuple[str, ...]
    detail: str


def recount(connection: Connection) -> list[Violation]:
    """Every violation in the database, in a fixed order; empty for a sound hospital."""
    return sorted(
        violation for rule, count in CHECKS.items() for violation in _named(rule, count(connection))
    )


def _named(rule: str, found: Found) -> Iterator[Violation]:
    for subjects, detail in found:
        yield Violation(rule, subjects, detail)


def _audit_chain(connection: Connection) -> Found:
    for sentence in verify_chain(connection).breaks:
        yield ("audit",), sentence


CHECKS: dict[str, Callable[[Connection], Found]] = {
    "bed_promised_twice": beds.bed_promised_twice,
    "two_in_one_bed": beds.two_in_one_bed,
    "one_in_two_beds": beds.one_in_two_beds,
    "arrived_in_dirty_bed": beds.arrived_in_dirty_bed,
    "arrived_while_closed": beds.arrived_while_closed,
    "stay_without_occupancy": beds.stay_without_occupancy,
    "mixed_room": beds.mixed_room,
    "unit_taken_twice": supplies.unit_taken_twice,
    "unusable_unit": supplies.unusable_unit,
    "lot_over_reserved": supplies.lot_over_reserved,
    "lot_unusable": supplies.lot_unusable,
    "known_allergy": supplies.known_allergy,
    "incompatible_blood": supplies.incompatible_blood,
    "unsuitable_room": decisions.unsuitable_room,
    "excluded_room": decisions.excluded_room,
    "too_heavy": decisions.too_heavy,
    "lost_request": decisions.lost_request,
    "audit_chain": _audit_chain,
}
"""Every fact that is recounted, by name."""
