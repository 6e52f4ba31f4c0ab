"""Systems broken on purpose: the judge must find each, or it proves nothing about the whole one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import Connection

from benchmarks.safety.replay.service import Runner, RunnerOf
from models.batch import Ledger, Records, Step, carry_out
from models.commands import Command
from models.pending import Pending, Result, deliver
from models.runner import Storage


@dataclass(frozen=True, slots=True)
class Control:
    """What is broken: the writer's core, the storage, guards. ``shows``: what the judge says then, one of these.

    ``processes``: how many it takes (1: odd seeds, 2: even ones). ``within``: operations until it is found.
    ``trusting``: the judge takes refusals on trust, so that what it sees in the storage alone is tried.
    """

    processes: int = 1
    runner: RunnerOf = Runner
    storage: Callable[[Storage], Storage] = lambda storage: storage
    dropped: frozenset[str] = frozenset()
    shows: str = ""
    trusting: bool = False
    within: int = 3_000


WHOLE: Final = Control()


class AnswersBeforeTheCommit(Runner):
    """Tells the answers while the commit still may fail."""

    def _commit(self, steps: list[Step], ready: list[Pending]) -> list[Pending]:
        again: list[Pending] = []
        try:
            with self._storage.writing() as ledger:
                result = carry_out(ledger, steps, self._clock())
                again = self._settle(steps, ready, result)
        except Exception:
            self._snapshot_is_sound = False
            return again
        self._tell_decider(steps, result)
        return again


class TellsRefusalsAtOnce(Runner):
    """Tells a refusal before the decisions it rests on are committed."""

    def _commit(self, steps: list[Step], ready: list[Pending]) -> list[Pending]:
        deliver([(p, s.refusal) for p, s in zip(ready, steps, strict=True) if s.refusal is not None])
        return super()._commit(steps, ready)


class KeepsADoubtfulSnapshot(Runner):
    """Goes on with its snapshot when nobody knows whether the last batch was kept."""

    @property
    def _snapshot_is_sound(self) -> bool:  # type: ignore[override]
        return True

    @_snapshot_is_sound.setter
    def _snapshot_is_sound(self, sound: bool) -> None:
        """Forget the doubt."""


class StarvesTheDeferred(Runner):
    """Loses the second of two commands with one key."""

    def carry_out(self, batch: Sequence[Pending]) -> list[Pending]:
        """As the core, less what it defers."""
        return [pending for pending in super().carry_out(batch) if pending.attempts]


class DecidesOnTheOld(Runner):
    """Does not look at what the other process has committed."""

    def _catch_up(self) -> None:
        if not self._snapshot_is_sound:
            self._rebuild()

    def _on_the_newest(self, ledger: Ledger, steps: list[Step]) -> list[Step]:
        return steps


class _Wrapped:
    """A storage around a storage; ``wrap`` is what it does to a transaction."""

    def __init__(self, inner: Storage, wrap: Callable[[Ledger], Ledger]) -> None:
        self._inner = inner
        self._wrap = wrap
        self.shared = inner.shared

    def answers(self, commands: Iterable[Command]) -> dict[bytes, Result]:
        """See ``Storage``."""
        return self._inner.answers(commands)

    def reading(self) -> AbstractContextManager[Connection]:
        """See ``Storage``."""
        return self._inner.reading()

    @contextmanager
    def writing(self) -> Iterator[Ledger]:
        """See ``Storage``."""
        with self._inner.writing() as ledger:
            yield self._wrap(ledger)


class _ForgetfulStorage(_Wrapped):
    """Knows no command again."""

    def answers(self, commands: Iterable[Command]) -> dict[bytes, Result]:
        """See ``Storage``."""
        return {}


class _Ledger:
    """A ledger around a ledger."""

    def __init__(self, inner: Ledger) -> None:
        self._inner = inner
        self.connection = inner.connection
        self.lock = inner.lock
        self.standing = inner.standing
        self.savepoint = inner.savepoint
        self.violated_guard = inner.violated_guard

    def answers(self, commands: Iterable[Command]) -> dict[bytes, Result]:
        """See ``Ledger``."""
        return self._inner.answers(commands)

    def keep(self, records: Records, revision: int) -> None:
        """See ``Ledger``."""
        self._inner.keep(records, revision)


class _Forgetful(_Ledger):
    def answers(self, commands: Iterable[Command]) -> dict[bytes, Result]:
        """Nothing was ever answered."""
        return {}


class _Unaudited(_Ledger):
    def keep(self, records: Records, revision: int) -> None:
        """Now and then a line is missing."""
        self._inner.keep(replace(records, lines=records.lines[revision % 7 == 0 :]), revision)


def forgetful(storage: Storage) -> Storage:
    """Without the look-up of idempotency keys."""
    return _ForgetfulStorage(storage, _Forgetful)


def unaudited(storage: Storage) -> Storage:
    """Without some audit lines."""
    return _Wrapped(storage, _Unaudited)


BED_AND_COVER: Final = frozenset(
    {
        "stay_bed",
        "occupancy_bed",
        "occupancy_person",
        "unit_booking_unit",
        "cover_revision",
        "request_version",
    }
)

CONTROLS: Final[Mapping[str, Control]] = {
    "answers before the commit": Control(
        runner=AnswersBeforeTheCommit, shows="before its commit|is not stored|otherwise than stored"
    ),
    "refusals are told before the commit they rest on": Control(
        runner=TellsRefusalsAtOnce, shows="was refused .* while the case stood at", within=20_000
    ),
    "the idempotency look-up is forgotten": Control(storage=forgetful, shows="without a fault"),
    "the look-up is forgotten and the key is not unique": Control(
        storage=forgetful, dropped=frozenset({"idempotency"}), shows="carried out twice under one key"
    ),
    "the snapshot is not rebuilt after an unknown commit": Control(
        runner=KeepsADoubtfulSnapshot, shows="was refused .* while the case stood at"
    ),
    "a deferred command is starved": Control(runner=StarvesTheDeferred, shows="unanswered|waited"),
    "an audit line is missing": Control(storage=unaudited, shows="the books hold|history runs backwards"),
    "decided on an old hospital, the guards hold": Control(
        2, runner=DecidesOnTheOld, shows="was refused .* while the case stood at|by a guard again and again"
    ),
    "decided on an old hospital, the guards are dropped": Control(
        2,
        runner=DecidesOnTheOld,
        dropped=BED_AND_COVER,
        shows="is promised to|two occupancies|is given to",
        trusting=True,
    ),
}
