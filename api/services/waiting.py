"""The waiting list: whoever has no place, or a late one, is decided again whenever something may have come free.

Newcomers and those who wait take turns by precedence (``solver.placing.precedence``): what comes free goes to
whoever precedes, not to whoever asks next. A round looks at everybody, in slices that hold the writer for a stated
time, one a batch; what one slice leaves the next begins with (docs/decisions/0013).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from operator import itemgetter
from typing import Final

from api.services.cases import Case
from api.services.changes import Changes
from api.services.displacing import Displaceable, booking_of, may_be_changed
from api.services.freed import A_DAY_AHEAD, Freed, Thing, parts_of, things_of, things_taken
from api.services.placing import carry_out, decide, keep_waiting, settle
from models.commands import Answer
from solver.hospital import Minute, Priority, RequestState
from solver.placing.ahead import in_turn, is_late, wait_is_over
from solver.placing.displace import Exchange, movable
from solver.placing.precedence import Precedence
from solver.placing.problem import Decision

SET_ASIDE_MINUTES: Final = 60
"""Whoever a round failed at is left out for so long, so that the others have theirs; assumed."""


WAITING_LIST: Final = "waiting-list"
"""Who is audited for what a round gives and takes: no person decided it."""

CLOCK_MOVED: Final = "clock.moved hospital"
"""What brings a round about when nothing but time has passed."""

LAST: Final[Precedence] = (Priority.ROUTINE, 1 << 60, "")
"""Whom everybody precedes."""

GO_ON: Final = "waiting.go_on"
"""The command that brings the next slice where no other does."""

REPEATED: Final = "round.repeated hospital"
"""What brings about a round that was not kept before."""

MOST_CAUSES: Final = 10
"""So many of the events that brought a round about are named in its audit lines."""


@dataclass(frozen=True, slots=True)
class GoOn:
    """Somebody is left to be looked at, and no command that people sent brings the next slice."""


class RoundFailed(Exception):
    """The waiting list could not be gone over; the command it was part of is not to blame. ``case_id``: whose turn it
    was, None before anybody's."""

    def __init__(self, case_id: str | None) -> None:
        super().__init__(f"A round of the waiting list failed at {case_id or 'its beginning'}.")
        self.case_id = case_id


class Round:
    """One going over of the waiting list: everybody who was not looked at since something came free, in order of
    precedence. ``explain``: it also stores anew what stands in the way (costs about as much as deciding)."""

    def __init__(self, ids: Iterable[str], began: int, because: Sequence[str], explain: bool) -> None:
        self.began = began
        self.because = list(because)
        self.explain = explain
        self.left = deque(ids)
        self.whole = True
        """Whether nobody joined those who wait, unlooked at, since it began."""


class WaitingList:
    """Who is looked at when: in rounds, a slice a batch, and out of turn where somebody else would pass them.

    ``begin`` a batch; ``passes`` tells whether a newcomer was given what belongs to somebody who precedes, and
    ``before`` gives those their turn first; ``finish`` with the batch's last command looks at others for as long as the
    practice allows. ``elapsed``: seconds from any moment on. Nothing of it is stored: a list made anew looks at
    everybody, whatever came free before.
    """

    def __init__(self, elapsed: Callable[[], float]) -> None:
        self._elapsed = elapsed
        self._freed = Freed()
        self._seen: dict[str, int] = {}
        self._all_seen = 0
        self._due = True
        self._because: dict[str, None] = {}
        self._explain = False
        self._round: Round | None = None
        self._spent, self._looks = 0.0, 0

    @property
    def unfinished(self) -> bool:
        """Whether somebody is left to be looked at because something came free."""
        return self._due or self._round is not None

    def begin(self) -> None:
        """A batch begins, and with it a slice."""
        self._spent, self._looks = 0.0, 0

    def came_free(self, *because: str, things: Iterable[Thing] | None = None) -> None:
        """These came free by these events (None: anything may have); without any, a round was not kept."""
        self._freed.note(things)
        self._due = True
        self._because.update(dict.fromkeys(because or (REPEATED,)))

    def freed_elsewhere(self, things: Iterable[Thing] | None) -> None:
        """Another process let these come free and looks at who waits; here nobody passes them."""
        self._freed.note(things)
        self.joined()

    def joined(self) -> None:
        """Somebody may wait whom nobody here has looked at."""
        self._all_seen = 0
        if self._round is not None:
            self._round.whole = False

    def decided(self, changes: Changes, *, asked: bool) -> None:
        """Take in who waits after a command: whoever it ``asked`` for was looked at just now."""
        waiting = [case.id for case in changes.cases_after.values() if _waits(case, changes.now)]
        if asked:
            self._seen.update(dict.fromkeys(waiting, self._freed.count))
        elif waiting:
            self.joined()

    def passes(self, newcomer: Precedence, changes: Changes) -> set[Thing]:
        """What a command gave, if any of it came free since somebody who precedes was looked at; else nothing."""
        given = (case.allocation for case in changes.cases_after.values())
        things = {thing for one in given for thing in parts_of(one, changes.records)}
        return (
            things
            if things and not changes.without_round and self.passed(newcomer, things, changes)
            else set()
        )

    def left_before(self, newcomer: Precedence, changes: Changes) -> int:
        """How many precede a newcomer and were not looked at since something came free."""
        return 0 if changes.without_round else len(self.passed(newcomer, None, changes))

    def before(self, newcomer: Precedence, changes: Changes, things: Collection[Thing] | None = None) -> None:
        """Look at those who precede a newcomer and were not looked at since something (any of the ``things``) came
        free, however many, and at whoever has to wait because of it. Raises ``RoundFailed``."""
        if changes.without_round:
            return
        while first := self.passed(newcomer, things, changes):
            with self._turns(changes) as turns:
                turns.have(first)

    def finish(self, changes: Changes) -> None:
        """Look at others for what is left of the slice. Raises ``RoundFailed``."""
        if not changes.without_round:
            self._slice(changes)

    def go_over(self, changes: Changes, *, explain: bool) -> list[Case]:
        """Begin a round, for a command that tells what came of its first slice; returns who got a place. Raises
        ``RoundFailed``."""
        self.came_free(*causes(changes), things=things_of(changes) if changes.after else (A_DAY_AHEAD,))
        self._explain = self._explain or explain
        return self._slice(changes)

    def _slice(self, changes: Changes) -> list[Case]:
        """Look at those who are next until the time or the looks of a slice are used up; at one in every batch."""
        most, seconds = changes.practice.retry_unplaced, changes.practice.round_seconds
        began = self._elapsed()
        with self._turns(changes) as turns:
            while self._looks == 0 or (
                self._looks < most and self._spent + self._elapsed() - began < seconds
            ):
                case = self._next(changes)
                if case is None:
                    break
                self._looks += 1
                turns.look(case)
        self._spent += self._elapsed() - began
        return turns.placed

    def _next(self, changes: Changes) -> Case | None:
        """Who is next in the round, or in the next one if something came free since it began."""
        while self.unfinished:
            round_ = self._round = self._round or self._begun(changes)
            while round_.left:
                case = changes.desk.cases.get(round_.left.popleft())
                if (
                    case is not None
                    and self._seen.get(case.id, 0) < round_.began
                    and _has_turn(case, changes)
                ):
                    return case
            self._all_seen, self._round = round_.began if round_.whole else 0, None
        return None

    def _begun(self, changes: Changes) -> Round:
        waiting = self.passed(LAST, None, changes)
        here = changes.desk.cases
        self._seen = {case_id: count for case_id, count in self._seen.items() if case_id in here}
        because, explain = list(self._because)[:MOST_CAUSES], self._explain
        self._due, self._explain, self._because = False, False, {}
        return Round((case.id for case in waiting), self._freed.count, because, explain)

    def passed(
        self, precedence: Precedence, things: Collection[Thing] | None, changes: Changes
    ) -> list[Case]:
        """Who precedes and was not looked at since any of these (None: anything) came free, first to be decided
        first."""
        if things is None:
            return self._unseen(precedence, self._freed.count, self._freed.count, changes)
        of_all = self._freed.newest(thing for thing in things if thing != A_DAY_AHEAD)
        return self._unseen(precedence, of_all, self._freed.newest(things), changes)

    def _unseen(self, precedence: Precedence, since: int, if_over: int, changes: Changes) -> list[Case]:
        """Who precedes and was not looked at since so much had come free; ``if_over``: of those whose wait is over."""
        if self._all_seen >= max(since, if_over):
            return []
        now, seen = changes.now, self._seen
        found = (
            (case.precedence(now), case)
            for case in changes.desk.cases.values()
            if seen.get(case.id, 0) < (if_over if wait_is_over(case.request, now) else since)
            and _has_turn(case, changes)
        )
        return [case for turn, case in sorted(found, key=itemgetter(0)) if turn < precedence]

    @contextmanager
    def _turns(self, changes: Changes) -> Iterator[_Turns]:
        turns = _Turns(self, changes)
        changes.tried_waiting = True
        try:
            yield turns
        except Exception as error:
            raise RoundFailed(turns.at) from error

    def looked_at(self, case_id: str) -> None:
        """Somebody had their turn."""
        self._seen[case_id] = self._freed.count

    @property
    def explains(self) -> bool:
        """Whether the reasons of whoever has to wait on are stored anew."""
        return self._explain or (self._round is not None and self._round.explain)

    @property
    def causes(self) -> list[str]:
        """The events that brought about what is looked at, as audited."""
        of_round = [] if self._round is None else self._round.because
        return list(dict.fromkeys([*of_round, *self._because]))[:MOST_CAUSES] or [REPEATED]


class _Turns:
    """The turns that belong to one command: who has one, who got a place, and at whom it failed (``at``)."""

    def __init__(self, waiting: WaitingList, changes: Changes) -> None:
        self.placed: list[Case] = []
        self.at: str | None = None
        self._waiting = waiting
        self._changes = changes
        self._others = Displaceable(changes)

    def have(self, cases: Iterable[Case]) -> None:
        """These have a turn, in their order, as far as they still wait when it comes."""
        for each in cases:
            case = self._changes.desk.cases.get(each.id)
            if case is not None and _has_turn(case, self._changes):
                self.look(case)

    def look(self, case: Case, things: frozenset[Thing] = frozenset()) -> None:
        """Give somebody the place there is for them; if somebody who precedes was not looked at since any of it came
        free, those first. ``things``: those for whose sake this one goes first; each turn inside another adds to them,
        so that there are no more turns inside each other than there are things."""
        waiting, changes = self._waiting, self._changes
        self.at = case.id
        got = _found(case, self._others, changes)
        place = case.precedence(changes.now)
        while got is not None:
            things |= things_taken(got, changes.records)
            first = waiting.passed(place, things, changes)
            if not first:
                break
            self.look(first[0], things)
            self.at, case = case.id, changes.desk.cases[case.id]
            got = _found(case, self._others, changes) if _has_turn(case, changes) else None
        waiting.looked_at(case.id)
        with changes.acting(WAITING_LIST, requested_by=case.asked_by, triggered_by=waiting.causes):
            if got is not None:
                self.placed.append(_given(case, got, changes))
                self._others = Displaceable(changes)
            elif waiting.explains and case.allocation is None:
                _explain(case, changes)


def go_on(_: GoOn, changes: Changes) -> Answer:
    """Nothing but the slice that every batch ends with."""
    return Answer(200, {})


def decide_again(changes: Changes, *, explain: bool = False) -> list[Case]:
    """Begin to go over the waiting list, as part of a command that tells what came of it so far. Raises
    ``RoundFailed``; decided again after that, the command does without."""
    if changes.without_round:
        return []
    return changes.go_over(explain)


def causes(changes: Changes) -> list[str]:
    """What a command has done so far, as what may bring a round about: actions and subjects, as audited."""
    told = dict.fromkeys(f"{entry.action} {entry.subject}" for entry in changes.own_acts)
    return list(told)[:MOST_CAUSES] or [CLOCK_MOVED]


def _waits(case: Case, now: Minute) -> bool:
    """Whether a case has no place, or one that is later than it can wait."""
    if case.allocation is None:
        return case.state is RequestState.UNPLACED and not _rests(case, now)
    booked = case.state in (RequestState.PLACED, RequestState.CONFIRMED) and case.held_until is None
    return booked and is_late(case.request, case.allocation, now)


def _rests(case: Case, now: Minute) -> bool:
    """Whether a case is left to people for a while, because nobody confirmed what was held for it."""
    need = case.need
    return need is not None and need.why_not.get("lapsed_minute") is not None and now < need.decide_again


def _has_turn(case: Case, changes: Changes) -> bool:
    """Whether a case waits and no round failed at it of late; not if the command itself decides it, being what asks
    for it or having just left it without a place."""
    now = changes.now
    aside = changes.desk.set_aside.get(case.id, now) > now
    new = changes.cases_before.get(case.id, case) is None
    return _waits(case, now) and not (aside or new or case.id in changes.unplaced_by_repair)


def _found(case: Case, others: Displaceable, changes: Changes) -> Decision | Exchange | None:
    """A place for a case, or an earlier one; None if it has to wait on."""
    booked = case.allocation
    if booked is not None and not (may_be_changed(case, changes) and movable(booking_of(case), changes.live)):
        return None
    return in_turn(
        changes.live,
        case.request,
        booked,
        lambda: changes.desk.new_id("alc"),
        lambda found: others.exchange_for(case, found),
        case.waived,
    )


def _given(case: Case, got: Decision | Exchange, changes: Changes) -> Case:
    """The case with the place that was found for it."""
    if case.allocation is not None:
        changes.take_back(case)
    if isinstance(got, Exchange):
        return carry_out(case, got, changes, compare=False)
    return settle(case, got, changes, compare=False)


def _explain(case: Case, changes: Changes) -> None:
    """Store the reasons anew if other rules stand in the way now; else only when it is looked at next."""
    decision = decide(case, changes)
    if decision.why_not is None:
        return
    standing = [s.rule_id for s in decision.why_not.standing]
    known = [b["rule_id"] for b in case.need.why_not["blocking"]] if case.need is not None else []
    if standing != known:
        keep_waiting(case, decision, changes)
    elif case.need is not None:
        again = changes.now + changes.practice.again_minutes
        changes.note_case(replace(case, need=replace(case.need, decide_again=again)))
