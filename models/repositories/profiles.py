"""Versions of the rule profile, and the book of what became of each: drafted, previewed, activated.

A version never changes once it is drafted, so a decision that names its version can be reckoned again for ever.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, insert, select

from models.commands import Transaction
from models.errors import NotFound
from models.tables.care import rule_profile, rule_profile_event
from solver.engine.rule import Profile

FIRST_VERSION = 1
"""The rules as wardflow brings them, unless the hospital stored a first version of its own."""


class Happening(StrEnum):
    """What becomes of a version."""

    DRAFTED = "drafted"
    PREVIEWED = "previewed"
    ACTIVATED = "activated"


class ProfileState(StrEnum):
    """Draft: never in force. Former: was in force once."""

    DRAFT = "draft"
    ACTIVE = "active"
    FORMER = "former"


@dataclass(frozen=True, slots=True)
class ProfileEvent:
    """One thing that became of a version; ``detail`` holds what a preview found, or what a draft is based on."""

    sequence: int
    version: int
    kind: Happening
    reason: str
    actor: str
    detail: Mapping[str, Any]
    recorded_microsecond: int


@dataclass(frozen=True, slots=True)
class ProfileBook:
    """Every version there is and all that became of them, oldest first."""

    profiles: Mapping[int, Profile]
    events: tuple[ProfileEvent, ...]

    @property
    def activations(self) -> tuple[ProfileEvent, ...]:
        """Which version came into force when."""
        return tuple(event for event in self.events if event.kind is Happening.ACTIVATED)

    @property
    def in_force(self) -> Profile:
        """The version activated last; the first one if none ever was."""
        activated = self.activations
        return self.profile(activated[-1].version if activated else FIRST_VERSION)

    @property
    def next_version(self) -> int:
        """The version of the next draft."""
        return max(self.profiles) + 1

    def profile(self, version: int) -> Profile:
        """A version; raises ``NotFound``."""
        if version not in self.profiles:
            raise NotFound("rule profile version", str(version))
        return self.profiles[version]

    def state(self, version: int) -> ProfileState:
        """Where a version stands."""
        if version == self.in_force.version:
            return ProfileState.ACTIVE
        was = version == FIRST_VERSION or any(event.version == version for event in self.activations)
        return ProfileState.FORMER if was else ProfileState.DRAFT

    def revision(self, version: int) -> int:
        """Grows with every preview of the version and with every activation of any: what was read before is stale."""
        return 1 + sum(
            event.kind is Happening.ACTIVATED
            or (event.kind is Happening.PREVIEWED and event.version == version)
            for event in self.events
        )

    def last(self, version: int, kind: Happening) -> ProfileEvent | None:
        """The last event of a kind of a version."""
        return next((e for e in reversed(self.events) if (e.version, e.kind) == (version, kind)), None)

    def may_be_activated(self, version: int) -> bool:
        """Whether a version was previewed against the one in force, or was in force before: going back must not
        wait."""
        if self.state(version) is ProfileState.FORMER:
            return True
        previewed, changed = self.last(version, Happening.PREVIEWED), self.activations
        return previewed is not None and (not changed or previewed.sequence > changed[-1].sequence)


def first_book() -> ProfileBook:
    """The book of a hospital that never changed its rules."""
    return ProfileBook({FIRST_VERSION: Profile()}, ())


def load_book(connection: Connection) -> ProfileBook:
    """All versions and all that became of them."""
    found = connection.execute(select(rule_profile).order_by(rule_profile.c.version))
    profiles = {FIRST_VERSION: Profile()} | {row.version: _profile(row) for row in found}
    return ProfileBook(profiles, tuple(_events(connection)))


def load_profile(connection: Connection, version: int | None = None) -> Profile:
    """A version of the rule profile, or the one in force; raises ``NotFound``."""
    book = load_book(connection)
    return book.in_force if version is None else book.profile(version)


def insert_draft(transaction: Transaction, profile: Profile, based_on: int, reason: str, actor: str) -> None:
    """Store a new version, which is not in force yet."""
    values = {
        "version": profile.version,
        "name": profile.name,
        "weights": dict(profile.weights),
        "switched_off": sorted(profile.switched_off),
        "actor": actor,
        "recorded_microsecond": transaction.now.microsecond,
    }
    transaction.connection.execute(insert(rule_profile), values)
    note(transaction, profile.version, Happening.DRAFTED, actor, reason, {"based_on": based_on})


def note(
    transaction: Transaction,
    version: int,
    kind: Happening,
    actor: str,
    reason: str = "",
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Enter into the book what became of a version."""
    table = rule_profile_event
    last = select(table.c.sequence).order_by(table.c.sequence.desc()).limit(1)
    values = {
        "sequence": (transaction.connection.scalar(last) or 0) + 1,
        "version": version,
        "kind": kind.value,
        "reason": reason,
        "actor": actor,
        "detail": dict(detail or {}),
        "recorded_microsecond": transaction.now.microsecond,
    }
    transaction.connection.execute(insert(table), values)


def _events(connection: Connection) -> Iterator[ProfileEvent]:
    for r in connection.execute(select(rule_profile_event).order_by(rule_profile_event.c.sequence)):
        kind = Happening(r.kind)
        yield ProfileEvent(r.sequence, r.version, kind, r.reason, r.actor, r.detail, r.recorded_microsecond)


def _profile(row: Any) -> Profile:
    return Profile(row.name, row.version, row.weights, frozenset(row.switched_off))
