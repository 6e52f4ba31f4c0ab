"""The waiting list: whoever has no place, or a late one, is decided again whenever something may have come free.

Newcomers and those who wait take turns by precedence (``solver.placing.precedence``): what comes free goes to
whoever precedes, not to whoever asks next. One round serves everything that came free in a batch of commands.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from api.services.cases import Case
from api.services.changes import Changes
from api.services.desk import Desk
from api.services.displacing import Displaceable, booking_of, may_be_changed
from api.services.placing import carry_out, decide, keep_waiting, settle
from solver.hospital import Minute, RequestState
from solver.placing.ahead import in_turn, is_late
from solver.placing.displace import Exchange, movable
from solver.placing.precedence import Precedence

SET_ASIDE_MINUTES: Final = 60
"""Whoever a round failed at is left out for so long, so that the others have theirs; assumed."""


WAITING_LIST: Final = "waiting-list"
"""Who is audited for what a round gives and takes: no person decided it."""

CLOCK_MOVED: Final = "clock.moved hospital"
"""What brings a round about when nothing but time has passed."""

REPEATED: Final = "round.repeated hospital"
"""What brings about a round that was not kept before."""

MOST_CAUSES: Final = 10
"""So many of the events that brought a round about are named in its audit lines."""


class RoundFailed(Exception):
    """The waiting list could not be gone over; the command it was part of is not to blame. ``case_id``: whose turn it
    was, None before anybody's."""

    def __init__(self, case_id: str | None) -> None:
        super().__init__(f"A round of the waiting list failed at {case_id or 'its beginning'}.")
        self.case_id = case_id


class Round:
    """One going over of the waiting list, in order of precedence and, if need be, in parts.

    At most the practice's ``retry_unplaced`` are tried: half of them those who precede, the others those who were not
    tried for longest, so that everybody has a turn. ``because``: the events that brought it about, as audited.
    """

    def __init__(self, changes: Changes, because: Sequence[str]) -> None:
        desk = changes.desk
        self._because = list(because)
        self._now = desk.live.now
        if changes.tried_before is None:
            changes.tried_before = desk.tried
        self._ids = _chosen(desk)
        self._next = 0
        self._at: str | None = None

    def decide(
        self, changes: Changes, before: Precedence | None = None, *, explain: bool = False
    ) -> list[Case]:
        """Try those who precede (None: all that are left); returns who got a place. Raises ``RoundFailed``.

        ``explain``: store anew what stands in the way of the others (costs about as much as deciding).
        """
        changes.tried_waiting = True
        try:
            return self._decide(changes, before, explain)
        except Exception as error:
            raise RoundFailed(self._at) from error

    def left_before(self, newcomer: Precedence, changes: Changes) -> int:
        """How many of those who had no turn yet precede a newcomer."""
        found = (changes.desk.cases.get(case_id) for case_id in self._ids[self._next :])
        return sum(case is not None and case.precedence(self._now) < newcomer for case in found)

    def _decide(self, changes: Changes, before: Precedence | None, explain: bool) -> list[Case]:
        placed = []
        others = Displaceable(changes)
        for case in self._until(before, changes):
            with changes.acting(WAITING_LIST, requested_by=case.asked_by, triggered_by=self._because):
                found = _tried(case, others, changes, explain)
            if found is not None:
                placed.append(found)
                others = Displaceable(changes)
        return placed

    def _until(self, before: Precedence | None, changes: Changes) -> Iterator[Case]:
        while self._next < len(self._ids):
            case = changes.desk.cases.get(self._ids[self._next])
            if case is not None and before is not None and case.precedence(self._now) >= before:
                return
            self._next += 1
            self._at = None if case is None else case.id
            if case is not None and _waits(case, self._now) and case.id not in changes.unplaced_by_repair:
                yield case


class WaitingList:
    """When the waiting list is gone over: once for everything that came free in a batch, and when time has passed.

    ``begin`` a batch; ``before`` a newcomer is decided, whoever waits and precedes has a turn; ``finish`` with the
    batch's last command, so that the others have theirs.
    """

    def __init__(self) -> None:
        self._due = False
        self._because: dict[str, None] = {}
        self._round: Round | None = None

    def begin(self) -> None:
        """A batch begins."""
        self._round = None

    def came_free(self, *because: str) -> None:
        """Something may have come free since the last round, by these events; without any, a round was not kept."""
        self._due = True
        self._because.update(dict.fromkeys(because or (REPEATED,)))
        self._round = None

    def before(self, newcomer: Precedence, changes: Changes) -> None:
        """Let those have a turn who precede a newcomer. Raises ``RoundFailed``."""
        if self._due:
            self._go_on(changes, newcomer)

    def left_before(self, newcomer: Precedence, changes: Changes) -> int:
        """How many of those who wait for what came free precede a newcomer and had no turn yet."""
        if not self._due or changes.without_round:
            return 0
        return self._present(changes).left_before(newcomer, changes)

    def finish(self, changes: Changes) -> None:
        """Let everybody else have a turn. Raises ``RoundFailed``."""
        if self._due:
            self._go_on(changes, None)
            if not changes.without_round:
                self.gone_over()

    def gone_over(self) -> None:
        """The list was gone over besides: the next round begins when something comes free again."""
        self._due = False
        self._because.clear()
        self._round = None

    def _go_on(self, changes: Changes, before: Precedence | None) -> None:
        if not changes.without_round:
            self._present(changes).decide(changes, before)

    def _present(self, changes: Changes) -> Round:
        if self._round is None:
            self._round = Round(changes, list(self._because)[:MOST_CAUSES])
        return self._round


def decide_again(changes: Changes, *, explain: bool = False) -> list[Case]:
    """Go over the waiting list at once, as part of a command that tells what came of it. Raises ``RoundFailed``;
    decided again after that, the command does without."""
    if changes.without_round:
        return []
    return Round(changes, causes(changes)).decide(changes, explain=explain)


def causes(changes: Changes) -> list[str]:
    """What a command has done so far, as what may bring a round about: actions and subjects, as audited."""
    told = dict.fromkeys(f"{entry.action} {entry.subject}" for entry in changes.own_acts)
    return list(told)[:MOST_CAUSES] or [CLOCK_MOVED]


def _chosen(desk: Desk) -> list[str]:
    """Ids of those who are tried in a round, first to be decided first."""
    now, most = desk.live.now, desk.practice.retry_unplaced
    waits = (
        case for case in desk.cases.values() if _waits(case, now) and desk.set_aside.get(case.id, now) <= now
    )
    waiting = [case.id for case in sorted(waits, key=lambda case: case.precedence(now))]
    tried = desk.tried = {case_id: desk.tried.get(case_id, 0) for case_id in waiting}
    rounds = 1 + max(tried.values(), default=0)
    first, rest = waiting[: most // 2], waiting[most // 2 :]
    rest = sorted(rest, key=tried.__getitem__)[: most - most // 2]
    chosen = {*first, *rest}
    tried.update(dict.fromkeys(chosen, rounds))
    return [case_id for case_id in waiting if case_id in chosen]


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


def _tried(case: Case, others: Displaceable, changes: Changes, explain: bool) -> Case | None:
    """The case with a place, or with an earlier one; None if it has to wait on, its reasons told anew if asked for."""
    booked = case.allocation
    if booked is not None and not (may_be_changed(case, changes) and movable(booking_of(case), changes.live)):
        return None
    got = in_turn(
        changes.live,
        case.request,
        booked,
        lambda: changes.desk.new_id("alc"),
        lambda found: others.exchange_for(case, found),
        case.waived,
    )
    if got is None:
        if explain and booked is None:
            _explain(case, changes)
        return None
    if booked is not None:
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
