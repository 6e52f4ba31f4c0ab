"""Which lots may serve whom, told of plain records: the one home of these rules for referees, models and the service.

Kernels read arrays and keep the same rules in ``kernels``; tests hold both against each other.
"""

from __future__ import annotations

from collections.abc import Iterator

from solver.engine.rule import Rule
from solver.hospital import Drug, HandlingClass, Lot, LotState, Minute, Person, blood_is_compatible
from solver.pharmacy import rules


def counts_as_stock(lot: Lot, now: Minute) -> bool:
    """Whether the lot may be given out at all now: available, and what is left of its life suffices."""
    return lot.state is LotState.AVAILABLE and lot.usable_until > now


def lasts(lot: Lot, used_until: Minute) -> bool:
    """Whether the lot may be given out at every minute before ``used_until``, by which the last of it is used."""
    return lot.usable_until >= used_until


def lies_elsewhere(lot: Lot, ward_id: str) -> bool:
    """Whether the lot lies in the cabinet of another ward."""
    return lot.ward_id is not None and lot.ward_id != ward_id


def too_short(lot: Lot, used_until: Minute) -> Iterator[Rule]:
    """Why a lot may not be given out at every minute before ``used_until``: nothing exactly if it ``lasts``."""
    if lot.keeps_until < used_until:
        yield rules.LOT_EXPIRY
    elif not lasts(lot, used_until):
        yield rules.BLOOD_CROSSMATCH


def unfit_for(person: Person | None, drug: Drug, lot: Lot) -> Iterator[Rule]:
    """Rules that keep a lot of a drug from a person, wherever and whenever; nobody (None) is given no blood."""
    if person is not None and drug.substance in person.allergies:
        yield rules.ALLERGY
    if drug.handling is HandlingClass.BLOOD:
        group = person.blood_group if person else None
        if lot.blood_group is None or not blood_is_compatible(lot.blood_group, group):
            yield rules.BLOOD_GROUP
        if person is None or lot.crossmatched_for != person.id:
            yield rules.BLOOD_CROSSMATCH
