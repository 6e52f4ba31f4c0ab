"""The book itself: nothing is ever changed or taken out, and a move that the rules forbid is not written."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping

from solver.engine.errors import InvalidInstance, Problem
from solver.hospital import BloodGroup, HandlingClass, LotState, Minute
from solver.hospital.door import Door
from solver.pharmacy.ledger.checks import STAY_SHUT, Standing, against
from solver.pharmacy.ledger.moves import Discrepancy, Had, Hold, LedgerLot, Move, MoveKind


class Book:
    """Moves of one hospital's lots, in the order they were written.

    It records what people did: an issue is their act, of controlled drugs and blood too, and nothing is given out
    because it was written here. What a person is allergic to is not known to it; requests and batches check that.

    ``write`` and ``hold`` raise InvalidInstance with everything that forbids what was asked, and then change nothing. A
    lot that has expired, or does not last long enough, cannot be issued by construction: there is no other way out.
    """

    def __init__(self, groups: Mapping[str, BloodGroup] | None = None) -> None:
        """``groups``: blood groups of persons as far as they are known."""
        self._groups = dict(groups or {})
        self._lots: dict[str, LedgerLot] = {}
        self._holds: dict[str, list[Hold]] = defaultdict(list)
        self._moves: list[Move] = []
        self._written: set[str] = set()
        self._of_lot: dict[str, list[Move]] = defaultdict(list)
        self._balance: dict[str, Counter[str]] = defaultdict(Counter)
        self._discrepancies: list[Discrepancy] = []

    @property
    def moves(self) -> tuple[Move, ...]:
        """All moves, oldest first."""
        return tuple(self._moves)

    @property
    def discrepancies(self) -> tuple[Discrepancy, ...]:
        """Counts of controlled lots that did not find what was expected."""
        return tuple(self._discrepancies)

    def add(self, lot: LedgerLot) -> None:
        """A new lot, with nothing in stock yet."""
        door = Door("LedgerLot", lot.id)
        door.need(lot.id not in self._lots, "id", lot.id, "an id that is not used yet")
        door.close()
        self._lots[lot.id] = lot

    def stock(self, lot_id: str, place: str | None = None) -> int:
        """Units of a lot at a place, or at all places."""
        balance = self._balance.get(lot_id, Counter())
        return balance.total() if place is None else balance[place]

    def state(self, lot_id: str) -> LotState:
        """What the last hold says; available without one."""
        holds = self._holds.get(lot_id)
        return holds[-1].state if holds else LotState.AVAILABLE

    def who_had(self, lot_id: str) -> tuple[Had, ...]:
        """Everybody who was issued units of a lot and did not bring all of them back, by person."""
        had: Counter[str] = Counter()
        for move in self._of_lot.get(lot_id, ()):
            if move.person_id is not None:
                had[move.person_id] += move.quantity if move.kind is MoveKind.ISSUE else -move.quantity
        return tuple(Had(person, units) for person, units in sorted(had.items()) if units > 0)

    def hold(self, hold: Hold) -> None:
        """Recall, quarantine or lock a lot, or make it available again."""
        found = list(self._against_hold(hold))
        if found:
            raise InvalidInstance(found)
        self._holds[hold.lot_id].append(hold)

    def excursion(self, lot_id: str, at: Minute, by: str) -> None:
        """The cold chain of a lot was broken: in quarantine until somebody decides. What is locked or recalled stays
        so: a quarantine, which one person ends, would be the way out of both."""
        state = self.state(lot_id)
        self.hold(
            Hold(lot_id, state if state in STAY_SHUT else LotState.QUARANTINED, at, by, "cold chain broken")
        )

    def write(self, move: Move) -> None:
        """Write one move. A count of a controlled lot that differs locks it, unless it is recalled, and leaves the
        balance as it was, until two people make it available again; any other count corrects the balance."""
        found = list(self._against(move))
        if found:
            raise InvalidInstance(found)
        lot = self._lots[move.lot_id]
        expected = self._balance[move.lot_id][move.place]
        self._moves.append(move)
        self._written.add(move.id)
        self._of_lot[move.lot_id].append(move)
        if move.kind is not MoveKind.COUNT:
            self._book(move)
        elif lot.handling is not HandlingClass.CONTROLLED:
            self._balance[move.lot_id][move.place] = move.quantity
        elif move.quantity != expected:
            self._discrepancies.append(Discrepancy(move.id, lot.id, move.place, expected, move.quantity))
            if self.state(lot.id) is not LotState.RECALLED:
                self._holds[lot.id].append(Hold(lot.id, LotState.LOCKED, move.at, move.by, "discrepancy"))

    def _book(self, move: Move) -> None:
        comes = move.kind in (MoveKind.RECEIPT, MoveKind.RETURN)
        self._balance[move.lot_id][move.place] += move.quantity if comes else -move.quantity
        if move.to_place is not None:
            self._balance[move.lot_id][move.to_place] += move.quantity

    def _against_hold(self, hold: Hold) -> Iterator[Problem]:
        where = f"Hold {hold.lot_id!r}"
        lot, state = self._lots.get(hold.lot_id), self.state(hold.lot_id)
        if lot is None:
            yield Problem(f"{where}, lot_id", hold.lot_id, "a lot of the book", "Add the lot.")
        elif state is LotState.RECALLED and hold.state is not LotState.RECALLED:
            yield Problem(
                f"{where}, state", hold.state.value, "recalled", "A recall is final; record a new lot."
            )
        elif state is LotState.LOCKED and hold.state not in STAY_SHUT and hold.witness is None:
            yield Problem(f"{where}, witness", None, "a second person", "Two people unlock a lot.")

    def _against(self, move: Move) -> Iterator[Problem]:
        """Everything that forbids a move."""
        where = f"Move {move.id!r}"
        lot = self._lots.get(move.lot_id)
        if move.id in self._written:
            yield Problem(f"{where}, id", move.id, "an id that is not used yet", "Was it sent twice?")
        if lot is None:
            yield Problem(f"{where}, lot_id", move.lot_id, "a lot of the book", "Add the lot.")
            return
        yield from against(move, lot, self._standing(move))

    def _standing(self, move: Move) -> Standing:
        written = self._of_lot.get(move.lot_id)
        had = {each.person_id: each.quantity for each in self.who_had(move.lot_id)} if move.person_id else {}
        return Standing(
            self.state(move.lot_id),
            self._balance.get(move.lot_id, Counter())[move.place],
            had.get(move.person_id or "", 0),
            written[-1].at if written else None,
            self._groups.get(move.person_id or ""),
        )
