"""The decider: the live hospital inside the writer. Commands come in, decisions go out, the desk follows.

Every change of the hospital's state passes here: requests, movements, disruptions, the clock. A batch is
decided one command after the other, each on the desk as the one before left it; what is refused at the commit
is undone.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from api.errors import ApiError, NotReady, without_traceback
from api.services import batches, placing
from api.services.asking import asks, asks_again, persons_named
from api.services.changes import Changes
from api.services.commands import FREEING, HANDLERS
from api.services.following import refresh, touched_by
from api.services.freed import A_DAY_AHEAD, Thing, things_known, things_of
from api.services.keeping import Keeper
from api.services.lasting import restore_left
from api.services.picture import Picture
from api.services.resting import rest_on_cover
from api.services.waiting import (
    CLOCK_MOVED,
    GO_ON,
    SET_ASIDE_MINUTES,
    RoundFailed,
    WaitingList,
    causes,
)
from models.clock import Clock
from models.commands import Answer, AuditEntry, Command, Decision, Outcome, Transaction
from models.errors import GuardViolation, NotFound
from solver.hospital import Minute
from solver.placing.precedence import Precedence, as_newcomer
from solver.placing.problem import PlacingProblem

log = logging.getLogger(__name__)

T = TypeVar("T")

PICTURE_SECONDS = 0.5
"""How long whoever asks for the picture waits for what is being decided."""


class Passes(Exception):
    """A newcomer was given ``things`` of which some may be somebody's who waits and precedes, and who was not looked at
    since they came free."""

    def __init__(self, things: frozenset[Thing]) -> None:
        super().__init__("Somebody who waits would be passed.")
        self.things = things


class NothingCame(Exception):
    """Nobody who was looked at got a place; there is nothing to store."""


class Watch(Protocol):
    """What wants to know how decisions went."""

    def decided(self, command: str, seconds: float, answer: Answer) -> None:
        """One command was decided."""
        ...


@dataclass(slots=True, eq=False)
class Prepared:
    """A decided command: what it answers, and the changes still to be stored."""

    changes: Changes
    answer: Answer
    keeper: Keeper
    stale: bool = False
    """The database refused it: the hospital is no longer the one it was decided on."""

    def write(self, transaction: Transaction) -> Outcome:
        """Store the changes and complete the answer with the hospital's revision."""
        try:
            self.keeper.save(transaction, self.changes)
        except (GuardViolation, IntegrityError):
            self.stale = True
            raise
        body = {**self.answer.body, "hospital_revision": transaction.revision}
        audit = tuple(_at_revision(entry, transaction.revision) for entry in self.changes.audit)
        events = tuple(self.changes.events)
        # A desk takes in single records; one that other rules hold for is built anew.
        touched = None if self.changes.activated is not None else touched_by(self.changes)
        return Outcome(Answer(self.answer.status, body), audit, events, touched)


def _at_revision(entry: AuditEntry, revision: int) -> AuditEntry:
    """An act of the system's own names the revision of the hospital in which it, and what brought it about, took
    place."""
    if entry.actor is None:
        return entry
    return replace(entry, detail={**entry.detail, "hospital_revision": revision})


class HospitalDecider:
    """Decides commands on the desk; called by the writer's thread only, but for ``ask`` and
    ``rehearse``.

    ``keeper`` makes the desk from storage as it is committed, and stores what changes; ``clock`` tells the
    hospital's moment, ``elapsed`` seconds from any moment on, by which slices of the waiting list end.
    """

    def __init__(
        self, keeper: Keeper, clock: Clock, watch: Watch, elapsed: Callable[[], float] = time.perf_counter
    ) -> None:
        self._keeper = keeper
        self._clock = clock
        self._watch = watch
        self._sound = True
        self._elapsed = elapsed
        self._waiting = WaitingList(elapsed)
        self._lock = threading.RLock()
        self.pressed: Callable[[], bool] = lambda: False
        """Whether somebody who waits behind the commands being decided is due."""
        self.unfinished: Callable[[], bool] = lambda: False
        """Told, once until it comes, that the command ``waiting.go_on`` is to come; tells whether it will."""
        self._goes_on = self._failed = False
        self.settled: Callable[[], None] = lambda: None
        """Told when the desk was built anew."""
        self.desk = keeper.build()
        self._stored_at = self.desk.live.now
        self._picture: Picture | None = None
        """The desk as it was committed, while decisions are on it that are not; None: it stands as committed."""
        self.moved_at = time.monotonic()
        """When the desk was last brought up to the clock (monotonic seconds): the age of what answers rest
        on."""

    def decide(self, commands: Sequence[Command]) -> Sequence[Decision | Exception]:
        """One decision, or the exception that refuses it, per command; each sees those before it."""
        with self._lock:
            if not self._sound:
                self.reset()
            if self._picture is None:
                self._picture = Picture.of(self.desk, self._stored_at)
            self._move_clock()
            self.desk.pressed = self.pressed
            self.desk.look_up({person for command in commands for person in persons_named(command)})
            self._waiting.begin()
            self._failed = False
            last = len(commands) - 1
            try:
                return [self._decide_one(command, last=n == last) for n, command in enumerate(commands)]
            finally:
                self._go_on_after(commands)

    def _go_on_after(self, commands: Sequence[Command]) -> None:
        """Ask for the next slice, if there is to be one; with each tick once more, for one that was lost on its way. A
        round that failed waits for the next batch: it might fail again at once, and again."""
        came = any(command.name in (GO_ON, "clock.tick") for command in commands)
        self._goes_on = self._goes_on and not came
        if self._waiting.unfinished and not self._failed and not self._goes_on:
            self._goes_on = self.unfinished()

    def place_in_batch(self, command: Command) -> int:
        """Lower is decided earlier: what frees, what else people do, newcomers by priority, the clock."""
        if command.name in FREEING:
            return 0
        if command.name in ("clock.tick", GO_ON):
            return 9
        precedence = self._precedence(command)
        return 1 if precedence is None else 2 + precedence[0]

    def ask(self, question: Callable[[Changes], T], actor: str, persons: Collection[str] = ()) -> T:
        """What a question finds on the hospital as it was decided last; whatever it tries is undone. From any thread,
        also while decisions are being committed; decisions wait meanwhile, so it takes milliseconds, no more.

        ``persons``: ids it names, fetched from storage if nobody of that id lies or is awaited here. Raises what the
        question raises, and ``NotReady`` while the hospital is being read again.
        """
        with self._lock:
            if not self._sound:
                raise NotReady("The hospital is being read again.")
            self.desk.look_up(persons)
            changes = Changes(self.desk, self.desk.live.now, actor)
            try:
                return question(changes)
            finally:
                if not changes.undo():
                    self._sound = False

    def rehearse(self, command: Command) -> PlacingProblem:
        """What a batch would place on the hospital as it was decided last, as a frozen copy. Raises what refuses the
        command."""
        persons = set(persons_named(command))
        return self.ask(lambda changes: batches.rehearsed(command.body, changes), command.actor, persons)

    def _move_clock(self, earliest: Minute = 0) -> None:
        now = max(self._clock().minute, self.desk.live.now, earliest)
        if now != self.desk.live.now:
            self.desk.live.move_clock(now)
            # What is free for how long changes with the minute.
            self._waiting.came_free(CLOCK_MOVED, things=(A_DAY_AHEAD,))
            # Whoever was set aside or left to people may have a turn again.
            self._waiting.joined()
            self.desk.forget_the_past()
            self.desk.end_waivers()
            self.desk.end_old_prices()
        self.moved_at = time.monotonic()

    def _decide_one(
        self,
        command: Command,
        *,
        last: bool,
        without_round: bool = False,
        first: frozenset[Thing] = frozenset(),
    ) -> Decision | Exception:
        if not self._sound:
            self.reset()
            # What is decided from here on is not stored yet.
            self._picture = Picture.of(self.desk, self._stored_at)
        changes = Changes(self.desk, self.desk.live.now, command.actor)
        changes.without_round = without_round
        began = time.perf_counter()
        try:
            try:
                answer = self._in_turn(command, changes, last, first)
            finally:
                changes.alone()
        except Exception as error:
            if not changes.undo():
                self._sound = False
            if changes.tried_waiting:
                self._waiting.came_free()
            if isinstance(error, RoundFailed):
                log.error("%s", error, exc_info=error.__cause__)
                self._set_aside(error.case_id)
                return self._decide_one(command, last=last, without_round=True)
            if isinstance(error, Passes):
                return self._decide_one(command, last=last, first=first | error.things)
            return without_traceback(error) if isinstance(error, ApiError | NotFound) else error
        if command.name == GO_ON and changes.empty:
            return NothingCame()
        if not changes.own_acts and command.name != GO_ON:
            changes.tell(command.name, "hospital")
        rest_on_cover(changes)
        changes.reckon_taken()
        self._watch.decided(command.name, time.perf_counter() - began, answer)
        return Prepared(changes, answer, self._keeper)

    def _set_aside(self, case_id: str | None) -> None:
        """Whoever a round failed at does not make the next one fail too: the others are tried with the next batch."""
        self._failed = True
        if case_id is not None:
            self.desk.set_aside[case_id] = self.desk.live.now + SET_ASIDE_MINUTES

    def _in_turn(self, command: Command, changes: Changes, last: bool, first: frozenset[Thing]) -> Answer:
        """Decide a command; with the last, look at who waits for what is left of the slice.

        Most often nobody who waits could have what a single newcomer gets, so that is decided at once; if it passes
        somebody it is decided again, after those who may want ``first`` what it got. Raises ``Passes``.
        """
        changes.waiting_before = lambda newcomer: self._waiting.left_before(newcomer, changes)
        changes.let_precede = lambda newcomer: self._waiting.before(newcomer, changes)
        changes.go_over = lambda explain: self._waiting.go_over(changes, explain=explain)
        precedence = self._precedence(command)
        single = isinstance(command.body, placing.PlaceOne)
        if precedence is not None and (first or not single):
            self._waiting.before(precedence, changes, first if single else None)
        answer = HANDLERS[command.name](command.body, changes)
        restore_left(changes)
        if precedence is not None and single:
            things = frozenset(self._waiting.passes(precedence, changes))
            # Whoever may want what is ``first`` was looked at: every time there are more things, or no other time.
            if not things <= first:
                raise Passes(things)
        self._waiting.decided(changes, asked=precedence is not None)
        if changes.came_free:
            self._waiting.came_free(*causes(changes), things=things_of(changes))
        if last:
            self._waiting.finish(changes)
        return answer

    def _precedence(self, command: Command) -> Precedence | None:
        """Where whoever a command asks for stands; None if it asks for no place, or for one that a person named."""
        urgency, now = asks(command), self.desk.live.now
        if urgency is not None:
            return as_newcomer(urgency, now)
        case = self.desk.cases.get(asks_again(command) or "")
        return None if case is None else case.precedence(now)

    @property
    def revision(self) -> int:
        """The hospital's revision the desk stands at."""
        return self.desk.revision

    def follow(self, connection: Connection) -> bool:
        """Bring the desk up to what other processes committed; by records, or anew where it cannot be told
        which."""
        news = self._keeper.news_since(connection, self.desk.revision)
        with self._lock:
            if self._sound and news.revision == self.desk.revision:
                self._stored_at = max(self._stored_at, self.desk.live.now)
                return False
            if not self._sound or news.touched is None:
                self.reset()
                return True
            self._move_clock(news.recorded)
            present = self._keeper.present(connection, news.touched, self.desk.live.now)
            self._waiting.freed_elsewhere(things_known(news.touched, self.desk.live))
            refresh(self.desk, present, news.touched)
            self.desk.revision = news.revision
            self._stands_as_stored()
            return True

    def refused(self, command: Command, decision: Decision) -> None:
        """Take a decision out again that was not stored."""
        assert isinstance(decision, Prepared), "only our own decisions come back"
        log.info("%s was decided and not stored; it is undone", command.name)
        with self._lock:
            if decision.changes.tried_waiting:
                self._waiting.came_free()
            self._waiting.joined()
            if self._sound and (not decision.changes.undo() or decision.stale):
                # Decided again on the same desk it would be refused again.
                self._sound = False

    def committed(self, decisions: Sequence[Decision], revision: int) -> None:
        """The desk took the decisions in when they were made; one that was built anew in mid-batch knows nothing of
        those before."""
        with self._lock:
            self.desk.revision = revision
            if any(isinstance(each, Prepared) and each.changes.desk is not self.desk for each in decisions):
                self._sound = False
            self._stands_as_stored()

    def _stands_as_stored(self) -> None:
        if self._sound:
            self._picture, self._stored_at = None, self.desk.live.now

    def picture(self) -> Picture:
        """The hospital as it was last seen to be stored. From any thread; waits for no decision for long."""
        busy = not self._lock.acquire(timeout=PICTURE_SECONDS)
        try:
            found = self._picture
            if found is not None:
                return found
            if busy or not self._sound:
                raise NotReady("The hospital is being read again.")
            return Picture.of(self.desk, self._stored_at)
        finally:
            if not busy:
                self._lock.release()

    def reset(self) -> None:
        """Build the desk from the database again."""
        with self._lock:
            if self._sound and self._picture is None:
                # It may take long, or fail: whoever asks meanwhile is shown the hospital as it was last stored.
                self._picture = Picture.of(self.desk, self._stored_at)
            self.desk = self._keeper.build()
            self._waiting = WaitingList(self._elapsed)
            self._sound = True
            self.settled()
            self._stands_as_stored()
