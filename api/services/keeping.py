"""Where a desk comes from and where its changes go: what the decider needs of storage, and SQL's side of it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Protocol, TypeVar

from sqlalchemy import Connection

from api.services.changes import Changes
from api.services.desk import Desk, Practice
from api.services.storing import load_cases, load_proposals, save
from models.clock import Clock
from models.commands import Touched, Transaction
from models.database import Database
from models.following import News, Present, news_since, present, recorded_minute, revision_of
from models.ids import IdGenerator
from models.personal import PersonalVault
from models.repositories import staff
from models.repositories.people import load_persons
from models.repositories.profiles import ProfileBook, load_book, load_profile
from models.repositories.scarcity import load_scarcity
from models.store import load_hospital
from solver.hospital import Minute, Person
from solver.placing.live import LiveHospital
from solver.placing.problem import PlacingOptions
from solver.placing.scarcity import priced

T = TypeVar("T")


class Keeper(Protocol):
    """What the decider needs of storage. ``connection``: of the transaction that is open."""

    def build(self) -> Desk:
        """A desk of the hospital as it is committed."""
        ...

    def save(self, transaction: Transaction, changes: Changes) -> None:
        """Store everything a command changed. Raises ``GuardViolation`` or ``IntegrityError`` if it may not be."""
        ...

    def news_since(self, connection: Connection, revision: int) -> News:
        """What was committed after a revision."""
        ...

    def present(self, connection: Connection, touched: Collection[Touched], now: Minute) -> Present:
        """Touched records as this transaction sees them."""
        ...


@dataclass(frozen=True, slots=True)
class SqlKeeper:
    """Keeps the desk in a database."""

    database: Database
    clock: Clock
    vault: PersonalVault
    new_id: IdGenerator
    practice: Practice

    def build(self) -> Desk:
        """See ``Keeper``."""
        with self.database.reading() as connection:
            now = max(self.clock().minute, recorded_minute(connection))
            revision = revision_of(connection)
            hospital = load_hospital(connection, since=now)
            profile = load_profile(connection)
            scarcity = load_scarcity(connection).at(now, self.practice.scarcity_minutes)
            open_cases, proposals = load_cases(connection, now), load_proposals(connection)
            cover = staff.load_cover_revisions(connection, now)
        options = PlacingOptions()
        live = LiveHospital.of(hospital, now, priced(profile, scarcity.in_force, options), options)
        find = self._find_persons
        return Desk(
            live,
            open_cases,
            proposals,
            self.new_id,
            self.practice,
            find,
            cover,
            revision,
            self._profiles,
            scarcity,
            self._read,
        )

    def save(self, transaction: Transaction, changes: Changes) -> None:
        """See ``Keeper``."""
        save(transaction, changes, self.vault)

    def news_since(self, connection: Connection, revision: int) -> News:
        """See ``Keeper``."""
        return news_since(connection, revision)

    def present(self, connection: Connection, touched: Collection[Touched], now: Minute) -> Present:
        """See ``Keeper``."""
        return present(connection, touched, now)

    def _read(self, question: Callable[[Connection], T]) -> T:
        with self.database.reading() as connection:
            return question(connection)

    def _profiles(self) -> ProfileBook:
        with self.database.reading() as connection:
            return load_book(connection)

    def _find_persons(self, person_ids: Collection[str]) -> list[Person]:
        with self.database.reading() as connection:
            return load_persons(connection, person_ids)
