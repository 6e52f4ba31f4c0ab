"""What a ledger records: moves of lots between places and people, and holds on lots."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from solver.hospital import BloodGroup, HandlingClass, LotState, Minute, usable_until
from solver.hospital.door import MAX_COUNT, Door


class MoveKind(StrEnum):
    """Why stock changes. A count says what is there; what it differs by from the balance is the change."""

    RECEIPT = "receipt"
    ISSUE = "issue"
    RETURN = "return"
    LOSS = "waste"
    TRANSFER = "transfer"
    COUNT = "count"


@dataclass(frozen=True, slots=True)
class LedgerLot:
    """One lot: units of a drug with one expiry, from packs of ``pack`` units.

    minimum_minutes_left: how long it must last when it is given out. Blood: its group, whom it was matched for,
    and from when on that counts no longer.
    """

    id: str
    drug_id: str
    expires: Minute
    handling: HandlingClass = HandlingClass.ORDINARY
    pack: int = 1
    minimum_minutes_left: int = 0
    blood_group: BloodGroup | None = None
    crossmatched_for: str | None = None
    crossmatched_until: Minute | None = None

    def __post_init__(self) -> None:
        door = Door("LedgerLot", self.id)
        door.identity(self.id)
        door.identity(self.drug_id, "drug_id")
        door.minute(self.expires, "expires")
        door.member(self.handling, HandlingClass, "handling")
        door.whole(self.pack, "pack", 1, 1_000_000)
        door.whole(self.minimum_minutes_left, "minimum_minutes_left")
        blood = self.handling is HandlingClass.BLOOD
        door.need(
            not blood or self.blood_group is not None, "blood_group", None, "the group of a unit of blood"
        )
        door.close()

    @property
    def usable_until(self) -> Minute:
        """The first minute at which it may no longer be given out."""
        return usable_until(self.expires, self.minimum_minutes_left)


@dataclass(frozen=True, slots=True)
class Move:
    """``quantity`` units of a lot at ``place`` (a store or cabinet), at minute ``at``, by an account.

    Issue and return name the person; a transfer where to; whatever concerns controlled drugs or blood a second person
    as ``witness``. Other than a count's, quantities are positive.
    """

    id: str
    kind: MoveKind
    lot_id: str
    quantity: int
    place: str
    at: Minute
    by: str
    to_place: str | None = None
    person_id: str | None = None
    witness: str | None = None

    def __post_init__(self) -> None:
        door = Door("Move", self.id)
        for name in ("id", "lot_id", "place", "by"):
            door.identity(getattr(self, name), name)
        for name in ("to_place", "person_id", "witness"):
            if getattr(self, name) is not None:
                door.identity(getattr(self, name), name)
        door.member(self.kind, MoveKind, "kind")
        door.whole(self.quantity, "quantity", 0 if self.kind is MoveKind.COUNT else 1, MAX_COUNT)
        door.minute(self.at, "at")
        named = self.person_id is not None
        of_person = self.kind in (MoveKind.ISSUE, MoveKind.RETURN)
        door.need(named == of_person, "person_id", named, "a person for issues and returns, for nothing else")
        elsewhere = self.to_place is not None and self.to_place != self.place
        transfer = self.kind is MoveKind.TRANSFER
        door.need(
            elsewhere == transfer, "to_place", self.to_place, "another place for transfers, for nothing else"
        )
        door.need(self.witness != self.by, "witness", self.witness, "another person than who did it")
        door.close()


@dataclass(frozen=True, slots=True)
class Hold:
    """From ``at`` on a lot is in ``state``, by somebody, for a reason; ``witness`` where two people must agree."""

    lot_id: str
    state: LotState
    at: Minute
    by: str
    reason: str
    witness: str | None = None

    def __post_init__(self) -> None:
        door = Door("Hold", self.lot_id)
        door.identity(self.lot_id, "lot_id")
        door.identity(self.by, "by")
        door.identity(self.reason, "reason")
        door.member(self.state, LotState, "state")
        door.minute(self.at, "at")
        door.need(self.witness != self.by, "witness", self.witness, "another person than who did it")
        door.close()


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """A count of a controlled lot at a place that did not find what its moves come to."""

    move_id: str
    lot_id: str
    place: str
    expected: int
    counted: int


@dataclass(frozen=True, slots=True)
class Had:
    """Units of a lot that one person was issued, less what came back."""

    person_id: str
    quantity: int
