"""What passes through the writer: commands in, decisions in between, replies out.

A *command* is something a person or a machine wants done. Commands that take scarce things are decided by a
``BatchDecider`` (the placing service), all commands of a batch together, before the transaction begins.
Plain commands (accounts, structure) carry their own ``write``. Either way the same furniture stands around
the effect: idempotency, savepoint, audit line, outbox event, one commit.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import orjson
from sqlalchemy import Connection

from models.clock import Instant
from solver.hospital import Priority

JsonObject = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the sender is told, and told again when the same command comes twice: status and JSON object."""

    status: int
    body: JsonObject


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One thing done: to what (an opaque id), details without personal data. ``actor``: whose act it is, where it is
    not that of the command's sender."""

    action: str
    subject: str
    detail: JsonObject = field(default_factory=dict)
    actor: str | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """Something others may want to hear of, without personal data."""

    topic: str
    payload: JsonObject


Touched = tuple[str, str]
"""Kind and id of a record that deciders keep in their snapshots (``models.following``)."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a decision's ``write`` did. Every change leaves at least one audit line.

    ``touched``: the records of the snapshot that changed, for the deciders of other processes; None if it may be
    any, and they read the hospital anew.
    """

    answer: Answer
    audit: tuple[AuditEntry, ...]
    events: tuple[Event, ...] = ()
    touched: tuple[Touched, ...] | None = None


@dataclass(frozen=True, slots=True)
class Transaction:
    """What a ``write`` works with: an open transaction, the server's moment, the revision to be."""

    connection: Connection
    now: Instant
    revision: int


Write = Callable[[Transaction], Outcome]


@dataclass(frozen=True, slots=True)
class Command:
    """Something to be done.

    ``name`` such as ``request.place``; ``actor`` the account's id; ``body`` whatever the decider
    understands. ``idempotency_key`` with ``body_hash`` (see ``hash_of``), or neither. ``write`` is set for
    a plain command only. ``due``: monotonic seconds at which the answer is to be there, if the sender said so;
    ``weight``: how many times the work of one placement it is, about. ``urgency``: of whoever it asks one place for.
    """

    name: str
    actor: str
    body: Any = None
    idempotency_key: str | None = None
    body_hash: bytes = b""
    write: Write | None = None
    due: float | None = None
    weight: int = 1
    urgency: Priority | None = None
    key_hash: bytes | None = field(init=False, repr=False, compare=False, default=None)
    """SHA-256 of actor and idempotency key, or None without a key."""

    def __post_init__(self) -> None:
        if self.idempotency_key is not None:
            # Reckoned once: it is asked for nine times on a command's way.
            told = hashlib.sha256(orjson.dumps([self.actor, self.idempotency_key]))
            object.__setattr__(self, "key_hash", told.digest())


def hash_of(name: str, body: JsonObject) -> bytes:
    """SHA-256 of what a command asks for, the same for the same JSON however its keys were ordered."""
    return hashlib.sha256(orjson.dumps([name, body], option=orjson.OPT_SORT_KEYS)).digest()


class Decision(Protocol):
    """How a command is to be carried out, decided on the snapshot before the transaction begins."""

    def write(self, transaction: Transaction) -> Outcome:
        """Do the guarded writes.

        Raises ``GuardViolation`` (or lets the database raise it) if the hospital changed meanwhile; any other
        error ends the command, undoes its writes and is given to the sender.
        """
        ...


class BatchDecider(Protocol):
    """Decides commands on its own snapshot of the hospital; called by the writer thread only."""

    @property
    def revision(self) -> int:
        """The revision of the hospital that the snapshot stands at, pending decisions aside."""
        ...

    def place_in_batch(self, command: Command) -> int:
        """Where a command is decided and carried out among those of its batch: lower is earlier, equal as they came."""
        ...

    def decide(self, commands: Sequence[Command]) -> Sequence[Decision | Exception]:
        """One decision per command, in order, each knowing the ones before; an exception refuses its command.

        The snapshot may take the decisions in at once: ``refused`` takes one out again.
        """
        ...

    def refused(self, command: Command, decision: Decision) -> None:
        """This decision was not carried out; forget what it changed."""
        ...

    def committed(self, decisions: Sequence[Decision], revision: int) -> None:
        """These decisions are durable; the hospital stands at ``revision``."""
        ...

    def follow(self, connection: Connection) -> bool:
        """Take in what other processes committed; False if there was nothing.

        No decision is pending: those that were not committed were taken out by ``refused``. Called only where
        several processes share a database. If it raises, ``reset`` follows.
        """
        ...

    def reset(self) -> None:
        """Nothing since the last ``committed`` counts: build the snapshot from the database again."""
        ...


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to a command, after its commit; ``replayed`` when it had been answered before."""

    answer: Answer
    revision: int
    replayed: bool = False
