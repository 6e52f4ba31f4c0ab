"""Storage and decider that fail as drawn: before, in and after the commit, with or without telling, or with a crash."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from random import Random
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from api.services.hospital import HospitalDecider
from models.batch import Ledger, Records
from models.commands import Command, Decision
from models.pending import Result
from models.runner import Storage


class Crash(BaseException):
    """The process is gone, as with ``kill -9``: nothing catches it on the way, and what it had in memory is lost."""


class Injected(OperationalError):
    """The database fails, because it was drawn."""

    def __init__(self, where: str, *, lost: bool = False) -> None:
        super().__init__(where, None, Exception("injected"), connection_invalidated=lost)


class DeciderBroke(Exception):
    """The decider fails, because it was drawn."""


@dataclass
class Faults:
    """How often what fails; nothing while ``on`` is False. Rates are per call."""

    dice: Random
    on: bool = True
    read: float = 0.004
    begin: float = 0.01
    write: float = 0.02
    commit: float = 0.02
    lost: float = 0.02
    crash: float = 0.004
    decider: float = 0.004

    def drawn(self, rate: float) -> bool:
        """Whether it fails this time."""
        return self.on and self.dice.random() < rate

    def strike(self, where: str, rate: float, *, lost: bool = False) -> None:
        """Crash or fail here, if drawn."""
        if not self.on:
            return
        if self.dice.random() < self.crash:
            raise Crash(where)
        if self.dice.random() < rate:
            raise Injected(where, lost=lost)


class Witness:
    """What wants to know of the one process's transactions as they truly went."""

    def before(self) -> None:
        """A transaction is about to begin; others may come first."""

    def during(self) -> None:
        """The commit takes its time."""

    def kept(self, records: Records, revision: int) -> None:
        """It is committed, whatever the process will hear of it."""


class FaultyStorage:
    """See ``models.runner.Storage``."""

    def __init__(self, inner: Storage, faults: Faults, witness: Witness) -> None:
        self._inner = inner
        self._faults = faults
        self._witness = witness
        self.shared = inner.shared

    def answers(self, commands: Iterable[Command]) -> dict[bytes, Result]:
        """See ``Storage``."""
        self._faults.strike("answers", self._faults.read)
        return self._inner.answers(commands)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """See ``Storage``."""
        self._faults.strike("reading", self._faults.read)
        with self._inner.reading() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Ledger]:
        """See ``Storage``."""
        faults = self._faults
        self._witness.before()
        faults.strike("begin", faults.begin)
        with self._inner.writing() as inner:
            ledger = FaultyLedger(inner, faults)
            yield ledger
            faults.strike("commit", faults.commit)
            faults.strike("commit, not kept and not told", faults.lost, lost=True)
        for records, revision in ledger.kept:
            self._witness.kept(records, revision)
        self._witness.during()
        faults.strike("commit, kept and not told", faults.lost, lost=True)


class FaultyLedger:
    """See ``models.batch.Ledger``; ``kept`` is what was written to the books."""

    def __init__(self, inner: Ledger, faults: Faults) -> None:
        self._inner = inner
        self._faults = faults
        self.kept: list[tuple[Records, int]] = []
        fails = faults.drawn(faults.write)
        self._savepoints = 0
        self._failing = faults.dice.randrange(6) if fails else -1

    @property
    def connection(self) -> Connection:
        """See ``Ledger``."""
        return self._inner.connection

    def lock(self) -> int:
        """See ``Ledger``."""
        return self._inner.lock()

    def standing(self) -> tuple[int, int]:
        """See ``Ledger``."""
        return self._inner.standing()

    def answers(self, commands: Iterable[Command]) -> dict[bytes, Result]:
        """See ``Ledger``."""
        self._faults.strike("answers in the transaction", self._faults.read)
        return self._inner.answers(commands)

    def savepoint(self) -> AbstractContextManager[None]:
        """One of a batch's commands may fail after it has written."""
        self._savepoints += 1
        if self._savepoints - 1 != self._failing:
            return self._inner.savepoint()
        return self._broken(self._inner.savepoint())

    @contextmanager
    def _broken(self, savepoint: AbstractContextManager[None]) -> Iterator[None]:
        with savepoint:
            yield
            self._faults.strike("write", 1.0)

    def violated_guard(self, error: Exception) -> str | None:
        """See ``Ledger``."""
        return self._inner.violated_guard(error)

    def keep(self, records: Records, revision: int) -> None:
        """See ``Ledger``."""
        self._faults.strike("books", self._faults.read)
        self._inner.keep(records, revision)
        self.kept.append((records, revision))


class FaultyDecider:
    """See ``models.commands.BatchDecider``."""

    def __init__(self, inner: HospitalDecider, faults: Faults, rebuilt: Callable[[], None]) -> None:
        self.inner = inner
        self._faults = faults
        self._rebuilt = rebuilt

    @property
    def revision(self) -> int:
        """See ``BatchDecider``."""
        return self.inner.revision

    def place_in_batch(self, command: Command) -> int:
        """See ``BatchDecider``."""
        return self.inner.place_in_batch(command)

    def decide(self, commands: Sequence[Command]) -> Sequence[Decision | Exception]:
        """See ``BatchDecider``; may fail when all is decided already."""
        decided = self.inner.decide(commands)
        if self._faults.drawn(self._faults.decider):
            raise DeciderBroke("decide")
        return decided

    def refused(self, command: Command, decision: Decision) -> None:
        """See ``BatchDecider``."""
        self.inner.refused(command, decision)

    def committed(self, decisions: Sequence[Decision], revision: int) -> None:
        """See ``BatchDecider``."""
        if self._faults.drawn(self._faults.decider):
            raise DeciderBroke("committed")
        self.inner.committed(decisions, revision)

    def follow(self, connection: Any) -> bool:
        """See ``BatchDecider``."""
        return self.inner.follow(connection)

    def reset(self) -> None:
        """See ``BatchDecider``."""
        self._faults.strike("rebuilding", self._faults.read)
        self._rebuilt()
        self.inner.reset()
