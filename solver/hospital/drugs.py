"""Drugs and lots; blood groups and which red cells a person may be given."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from solver.hospital.door import Door
from solver.hospital.timegrid import Minute


class HandlingClass(StrEnum):
    """How a drug must be handled; controlled drugs and blood are only ever reserved here, never issued."""

    ORDINARY = "ordinary"
    CONTROLLED = "controlled"
    COLD_CHAIN = "cold_chain"
    CYTOTOXIC = "cytotoxic"
    BLOOD = "blood"


class LotState(StrEnum):
    """Whether a lot may be used at all."""

    AVAILABLE = "available"
    QUARANTINED = "quarantined"
    RECALLED = "recalled"
    LOCKED = "locked"


class BloodGroup(StrEnum):
    """ABO and RhD."""

    O_NEG = "O-"
    O_POS = "O+"
    A_NEG = "A-"
    A_POS = "A+"
    B_NEG = "B-"
    B_POS = "B+"
    AB_NEG = "AB-"
    AB_POS = "AB+"

    @property
    def antigens(self) -> frozenset[str]:
        """Red-cell antigens among A, B and D."""
        abo = frozenset(self.value[:-1]) - {"O"}
        return abo | {"D"} if self.value.endswith("+") else abo


def blood_is_compatible(donor: BloodGroup, recipient: BloodGroup | None) -> bool:
    """Whether red cells of ``donor`` bring no antigen that ``recipient`` lacks; an unknown recipient takes
    O- only.

    Source: BSH guideline on pre-transfusion compatibility procedures (2012), ABO and D.
    """
    return donor.antigens <= (recipient.antigens if recipient is not None else frozenset())


@dataclass(frozen=True, slots=True)
class Drug:
    """A medicinal product. ``equivalents``: drug ids a pharmacist approved to stand in (same substance,
    strength, form, route), best first. ``safety_stock``: in units of ``unit``, below which every further use
    has a price."""

    id: str
    name: str
    substance: str
    strength: str = ""
    form: str = ""
    route: str = ""
    unit: str = "piece"
    handling: HandlingClass = HandlingClass.ORDINARY
    safety_stock: int = 0
    equivalents: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        door = Door("Drug", self.id)
        door.identity(self.id)
        door.identity(self.substance, "substance")
        for name in ("name", "strength", "form", "route", "unit"):
            door.text(getattr(self, name), name)
        door.member(self.handling, HandlingClass, "handling")
        door.whole(self.safety_stock, "safety_stock")
        door.need(self.id not in self.equivalents, "equivalents", self.equivalents, "other drugs than itself")
        door.need(
            len(set(self.equivalents)) == len(self.equivalents), "equivalents", self.equivalents, "each once"
        )
        door.close()


def usable_until(expires: Minute, minimum_minutes_left: int) -> Minute:
    """The first minute at which a lot may no longer be given out. At a minute before its expiry ``expires - minute``
    minutes are left, that one included; one at least and ``minimum_minutes_left`` must be."""
    return expires - max(0, minimum_minutes_left - 1)


@dataclass(frozen=True, slots=True)
class Lot:
    """A quantity of one drug with one expiry minute. ``available`` to reserve = ``on_hand - reserved``.

    ``ward_id`` None: central pharmacy, serves every ward; else that ward's cabinet, serves that ward only.
    Blood: ``blood_group`` of the unit and ``crossmatched_for`` the one person it was matched for, which counts before
    ``crossmatched_until`` (None: for good). ``minimum_minutes_left``: how long it must last when it is given out.
    """

    id: str
    drug_id: str
    on_hand: int
    expires: Minute
    reserved: int = 0
    state: LotState = LotState.AVAILABLE
    ward_id: str | None = None
    blood_group: BloodGroup | None = None
    crossmatched_for: str | None = None
    minimum_minutes_left: int = 0
    crossmatched_until: Minute | None = None

    def __post_init__(self) -> None:
        door = Door("Lot", self.id)
        door.identity(self.id)
        door.identity(self.drug_id, "drug_id")
        door.minute(self.expires, "expires")
        door.member(self.state, LotState, "state")
        if door.whole(self.on_hand, "on_hand") and door.whole(self.reserved, "reserved"):
            door.need(
                self.reserved <= self.on_hand, "reserved", self.reserved, f"at most on_hand ({self.on_hand})"
            )
        for name in ("ward_id", "crossmatched_for"):
            if getattr(self, name) is not None:
                door.identity(getattr(self, name), name)
        if self.blood_group is not None:
            door.member(self.blood_group, BloodGroup, "blood_group")
        door.whole(self.minimum_minutes_left, "minimum_minutes_left")
        if self.crossmatched_until is not None:
            door.minute(self.crossmatched_until, "crossmatched_until")
            matched = self.crossmatched_for is not None
            door.need(matched, "crossmatched_until", self.crossmatched_until, "none without crossmatched_for")
        door.close()

    @property
    def available(self) -> int:
        """Quantity that may still be reserved."""
        return self.on_hand - self.reserved

    @property
    def keeps_until(self) -> Minute:
        """The first minute at which too little of its life is left to give it out."""
        return usable_until(self.expires, self.minimum_minutes_left)

    @property
    def usable_until(self) -> Minute:
        """The first minute at which it may no longer be given out: too little of its life is left, or what it was
        matched for has lapsed."""
        lapses = self.crossmatched_until
        return self.keeps_until if lapses is None else min(self.keeps_until, lapses)
