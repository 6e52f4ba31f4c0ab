"""What forbids a move of a lot: the one home of these rules, for the book in memory and for the one in storage."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from solver.engine.errors import Problem
from solver.hospital import BloodGroup, HandlingClass, LotState, Minute, blood_is_compatible
from solver.pharmacy.ledger.moves import LedgerLot, Move, MoveKind

WITNESSED = frozenset({HandlingClass.CONTROLLED, HandlingClass.BLOOD})
"""Two people confirm every move of these."""

PEOPLE_KEEP = frozenset({HandlingClass.COLD_CHAIN, HandlingClass.BLOOD})
"""What a person had outside the cold chain is not taken back into stock."""

STAY_SHUT = frozenset({LotState.LOCKED, LotState.RECALLED})
"""What one person alone may make of a locked lot."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How things stand before a move: the lot's ``state``, units ``there`` at the place, units the person ``had`` and
    did not bring back, the minute of the ``last`` move, the person's blood ``group``; None where there is none or it is
    not known."""

    state: LotState
    there: int
    had: int = 0
    last: Minute | None = None
    group: BloodGroup | None = None


def against(move: Move, lot: LedgerLot, standing: Standing) -> Iterator[Problem]:
    """Everything that forbids a move; nothing if it may be written."""
    where = f"Move {move.id!r}"
    if standing.last is not None and move.at < standing.last:
        yield Problem(
            f"{where}, at", move.at, f"minute {standing.last} or later", "Moves are written in order."
        )
    if lot.handling in WITNESSED and move.witness is None:
        yield Problem(
            f"{where}, witness", None, f"a second person ({lot.handling.value})", "Name who confirms."
        )
    yield from _against_quantity(move, lot, standing, where)
    if move.kind is MoveKind.RECEIPT:
        yield from _against_receipt(move, lot, where)
    if move.kind in (MoveKind.ISSUE, MoveKind.TRANSFER):
        yield from _against_use(move, lot, standing, where)


def _against_quantity(move: Move, lot: LedgerLot, standing: Standing, where: str) -> Iterator[Problem]:
    there = standing.there
    leaves = move.kind in (MoveKind.ISSUE, MoveKind.LOSS, MoveKind.TRANSFER)
    if leaves and move.quantity > there:
        yield Problem(
            f"{where}, quantity", move.quantity, f"at most the {there} there are", "Count the place."
        )
    if move.kind is MoveKind.RETURN:
        if move.quantity > standing.had:
            yield Problem(
                f"{where}, quantity", move.quantity, f"at most the {standing.had} issued", "Check the lot."
            )
        if lot.handling in PEOPLE_KEEP:
            yield Problem(f"{where}, kind", "return", "no return out of the cold chain", "Discard it there.")


def _against_receipt(move: Move, lot: LedgerLot, where: str) -> Iterator[Problem]:
    if lot.expires <= move.at:
        expected = "a lot that had not expired when it was received"
        yield Problem(
            f"{where}, lot_id", f"{lot.id} expired at minute {lot.expires}", expected, "Send it back."
        )
    if move.quantity % lot.pack:
        yield Problem(
            f"{where}, quantity", move.quantity, f"whole packs of {lot.pack}", "Enter units, not packs."
        )


def _against_use(move: Move, lot: LedgerLot, standing: Standing, where: str) -> Iterator[Problem]:
    if standing.state is not LotState.AVAILABLE:
        yield Problem(
            f"{where}, lot_id", f"{lot.id} is {standing.state.value}", "an available lot", "Take another lot."
        )
    if lot.expires <= move.at:
        yield Problem(f"{where}, lot_id", f"{lot.id} expired", "a lot that has not expired", "Discard it.")
    elif move.kind is MoveKind.ISSUE and lot.usable_until <= move.at:
        left = lot.expires - move.at
        expected = f"{lot.minimum_minutes_left} minutes left"
        yield Problem(f"{where}, lot_id", f"{left} minutes left", expected, "Take a later lot.")
    if move.kind is MoveKind.ISSUE and lot.handling is HandlingClass.BLOOD:
        yield from _against_blood(move, lot, standing, where)


def _against_blood(move: Move, lot: LedgerLot, standing: Standing, where: str) -> Iterator[Problem]:
    if lot.blood_group is None or not blood_is_compatible(lot.blood_group, standing.group):
        yield Problem(f"{where}, lot_id", lot.id, "blood of a compatible group", "Take a compatible unit.")
    lapsed = lot.crossmatched_until is not None and lot.crossmatched_until <= move.at
    if lot.crossmatched_for != move.person_id or lapsed:
        yield Problem(f"{where}, lot_id", lot.id, "blood cross-matched for this person", "Cross-match first.")
