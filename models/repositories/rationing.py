"""The committee's orders of priorities in shortages: versions that never change, and which is in force."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, insert, select

from models.commands import Transaction
from models.errors import NotFound
from models.tables.stock import rationing_activation, rationing_order
from solver.pharmacy.rationing import PLAIN_ORDER, Criterion, RationingOrder


@dataclass(frozen=True, slots=True)
class Proposed:
    """An order as somebody proposed it."""

    order: RationingOrder
    reason: str
    actor: str
    recorded_microsecond: int


@dataclass(frozen=True, slots=True)
class Activation:
    """A version came into force."""

    version: int
    reason: str
    actor: str
    recorded_microsecond: int


@dataclass(frozen=True, slots=True)
class RationingBook:
    """Every version by its number, and which came into force, oldest first."""

    proposed: Mapping[int, Proposed]
    activations: tuple[Activation, ...]

    @property
    def in_force(self) -> RationingOrder:
        """The order activated last; the plain one, which no committee set, if none ever was."""
        return self.proposed[self.activations[-1].version].order if self.activations else PLAIN_ORDER

    @property
    def version(self) -> int:
        """Of the order in force; 0: the plain one."""
        return self.activations[-1].version if self.activations else 0

    @property
    def next_version(self) -> int:
        """Of the next proposal."""
        return max(self.proposed, default=0) + 1

    @property
    def revision(self) -> int:
        """Grows with every activation: what was read before is stale."""
        return len(self.activations)

    def of(self, version: int) -> Proposed:
        """A version; raises ``NotFound``."""
        if version not in self.proposed:
            raise NotFound("rationing order version", str(version))
        return self.proposed[version]


def load_rationing(connection: Connection) -> RationingBook:
    """All versions and all activations."""
    orders = connection.execute(select(rationing_order).order_by(rationing_order.c.version))
    table = rationing_activation
    activated = connection.execute(select(table).order_by(table.c.sequence))
    return RationingBook(
        {
            row.version: Proposed(
                RationingOrder(
                    row.committee,
                    row.version,
                    tuple(Criterion(each) for each in row.criteria),
                    tuple(row.cover_bands),
                ),
                row.reason,
                row.actor,
                row.recorded_microsecond,
            )
            for row in orders
        },
        tuple(Activation(row.version, row.reason, row.actor, row.recorded_microsecond) for row in activated),
    )


def insert_order(transaction: Transaction, order: RationingOrder, reason: str, actor: str) -> None:
    """Store a proposed version, which is not in force yet."""
    values = {
        "version": order.version,
        "committee": order.committee,
        "criteria": [each.value for each in order.criteria],
        "cover_bands": list(order.cover_bands),
        "reason": reason,
        "actor": actor,
        "recorded_microsecond": transaction.now.microsecond,
    }
    transaction.connection.execute(insert(rationing_order), values)


def insert_activation(transaction: Transaction, version: int, sequence: int, reason: str, actor: str) -> None:
    """A version is in force from now on; ``sequence``: one more than activations there were."""
    values = {
        "sequence": sequence,
        "version": version,
        "reason": reason,
        "actor": actor,
        "recorded_microsecond": transaction.now.microsecond,
    }
    transaction.connection.execute(insert(rationing_activation), values)
