"""Prices of scarce capacity: what holds, what was computed, what is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from sqlalchemy import Connection, func, insert, select

from models import rows
from models.commands import Transaction
from models.tables.care import request
from models.tables.people import person
from models.tables.scarcity import scarcity_price
from solver.hospital import Minute, Priority
from solver.placing.forecast import Demanded, Observed
from solver.placing.scarce import Capacity, needed
from solver.placing.scarcity import ClassPrice, ScarcityPrices

STALE_TIMES = 4
"""Prices that were due to be computed again so many times do not hold any longer."""


@dataclass(frozen=True, slots=True)
class StoredScarcity:
    """One version. ``prices``: None where nothing can be forecast; ``observed``: by class, of the last day;
    ``in_force``: what decisions are taken under; ``expired``: whether the prices are gone because of their age."""

    version: int = 0
    kind: str = "computed"
    switched_on: bool = False
    drifted: tuple[Capacity, ...] = ()
    computed: Minute = 0
    prices: ScarcityPrices | None = None
    observed: Mapping[Capacity, Observed] = field(default_factory=dict)
    reason: str = ""
    actor: str = ""
    expired: bool = False

    def at(self, now: Minute, every: int) -> StoredScarcity:
        """What is left of it at a minute where prices are computed every so many minutes: no prices that should have
        been computed again ``STALE_TIMES`` since, nor any where none are computed (0)."""
        if self.prices is None or (every > 0 and now < self.computed + STALE_TIMES * every):
            return self
        return replace(self, prices=None, expired=every > 0)

    @property
    def in_force(self) -> ScarcityPrices | None:
        """The prices, while they are switched on and what is asked for is as forecast."""
        return self.prices if self.switched_on and not self.drifted else None


def load_scarcity(connection: Connection) -> StoredScarcity:
    """The newest version; switched off and without prices if there is none."""
    newest = select(scarcity_price).order_by(scarcity_price.c.version.desc()).limit(1)
    row = connection.execute(newest).first()
    return StoredScarcity() if row is None else _read(row)


def insert_scarcity(transaction: Transaction, stored: StoredScarcity) -> None:
    """Store another version."""
    prices = stored.prices
    values = {
        "version": stored.version,
        "kind": stored.kind,
        "switched_on": stored.switched_on,
        "drifted": bool(stored.drifted),
        "computed_minute": stored.computed,
        "weights": {} if prices is None else dict(prices.weights),
        "detail": {
            "classes": [] if prices is None else [asdict(each) for each in prices.classes],
            "observed": {capacity.value: asdict(seen) for capacity, seen in stored.observed.items()},
            "drifted": list(stored.drifted),
        },
        "reason": stored.reason,
        "actor": stored.actor,
        "recorded_microsecond": transaction.now.microsecond,
    }
    transaction.connection.execute(insert(scarcity_price), values)


def _read(row: Any) -> StoredScarcity:
    classes = tuple(
        ClassPrice(**{**each, "capacity": Capacity(each["capacity"])}) for each in row.detail["classes"]
    )
    prices = ScarcityPrices(row.version, row.computed_minute, row.weights, classes) if row.weights else None
    return StoredScarcity(
        row.version,
        row.kind,
        row.switched_on,
        tuple(map(Capacity, row.detail["drifted"])),
        row.computed_minute,
        prices,
        {Capacity(name): Observed(**seen) for name, seen in row.detail["observed"].items()},
        row.reason,
        row.actor,
    )


def first_request(connection: Connection) -> Minute | None:
    """The minute from which on requests are recorded here; None before the first."""
    first: Minute | None = connection.scalar(select(func.min(request.c.clock_start_minute)))
    return first


def load_demanded(connection: Connection, since: Minute) -> list[Demanded]:
    """Everything that was asked for from a minute on, whatever became of it; who asked is taken as known now."""
    c = request.c
    asked = connection.execute(
        select(
            c.person_id, c.clock_start_minute, c.needed_by_minute, c.duration_minutes, c.priority,
            c.speciality, c.care_level, c.needs,
        ).where(c.clock_start_minute >= since)
    ).all()  # fmt: skip
    ids = select(c.person_id).where(c.clock_start_minute >= since)
    persons = {
        row.id: rows.read_person(row)
        for row in connection.execute(select(person).where(person.c.id.in_(ids)))
    }
    return [
        Demanded(
            row.clock_start_minute,
            needed(rows.read_care(row), persons[row.person_id], row.needed_by_minute),
            Priority(row.priority),
            row.duration_minutes,
        )
        for row in asked
    ]
