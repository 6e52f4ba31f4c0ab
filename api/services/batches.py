"""Placing many requests jointly: as a plan says that was made beforehand, else by search within the writer's time."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from api.schemas.requests import BatchIn
from api.security.access import Access
from api.services.cases import Case
from api.services.changes import Changes
from api.services.displacing import Displaceable
from api.services.placing import answer, carry_out, decide, open_case, settle
from api.solving.messages import Failure, Plan
from models.commands import Answer
from solver.engine.errors import InvalidInstance
from solver.engine.result import Budget, TracePoint, Unobserved
from solver.engine.rule import Profile
from solver.hospital import Allocation, Block, Hospital, Minute, Priority, Request
from solver.placing.least import least_cost
from solver.placing.precedence import as_newcomer
from solver.placing.problem import Decision, Method, PlacingProblem
from solver.placing.rules import UNPLACED
from solver.placing.search import Further

SECONDS_PER_REQUEST = 0.01
"""A joint decision takes at most this long for each request: the writer has others to serve."""

QUICK_STEPS, STEPS = 4, 20
"""Steps of search for each request of a batch that sets no deadline: few first, and more where somebody waits who might
have a place (``docs/decisions/0019``)."""

STORING_SECONDS_PER_REQUEST = 0.008
"""What each request of a batch costs besides: why it found no place, and the statements that store it. Measured with
200 requests at `district` on two cores on which five others were at work: 7 ms."""

LEAST_SEARCH_SHARE = 0.2
"""However little time there is, the search gets this share of it."""

MOST_FURTHER = 5
"""Of so many moves beyond the budget it is told what each would save."""

_Planned = Mapping[str, tuple[Allocation | None, Method]]
"""What each request of a batch was given beforehand, by its id."""

BATCH_SEED = 1
"""The joint search draws from this seed, so that the same batch on the same hospital is decided the same
way."""


@dataclass(frozen=True, slots=True)
class PlaceBatch:
    """Place many requests jointly; ``due`` (monotonic seconds): after it the quickest answer counts. ``planned``: what
    the solver process made of those without waivers, in their order, or why it made nothing."""

    body: BatchIn
    access: Access
    due: float | None = None
    planned: Plan | Failure | None = None


def writer_seconds(requests: int) -> float:
    """What the writer needs for a batch of so many requests that nobody planned: a search, and storing."""
    return min(1.0, SECONDS_PER_REQUEST * requests) + STORING_SECONDS_PER_REQUEST * requests


def rehearsed(command: PlaceBatch, changes: Changes) -> PlacingProblem:
    """The hospital with the batch's persons in it, and the requests that may be decided jointly.

    Free text goes no further than this: what somebody wrote may name a patient. Raises what refuses the batch.
    """
    joint = [case for case in _opened(command, changes) if not case.waivers]
    records = changes.records
    return PlacingProblem(
        without_free_text(records.hospital()),
        records.now,
        tuple(replace(case.request, accepting_team="") for case in joint),
        records.profile,
        records.options,
    )


def without_free_text(hospital: Hospital) -> Hospital:
    """The hospital without the reasons people gave for closing something."""

    def closed(blocks: tuple[Block, ...]) -> tuple[Block, ...]:
        return tuple(replace(block, reason="closed") for block in blocks)

    return replace(
        hospital,
        wards=tuple(replace(w, blocks=closed(w.blocks)) if w.blocks else w for w in hospital.wards),
        rooms=tuple(replace(r, blocks=closed(r.blocks)) if r.blocks else r for r in hospital.rooms),
        beds=tuple(replace(b, blocks=closed(b.blocks)) if b.blocks else b for b in hospital.beds),
    )


def place_batch(command: PlaceBatch, changes: Changes) -> Answer:
    """All requests of a batch, decided jointly; 200 with one answer each, in order. Where somebody who waits for what
    came free comes between them by precedence, in parts."""
    cases = _opened(command, changes)
    seconds = _search_seconds(command, changes.practice.batch_seconds)
    joint = [case for case in cases if not case.waivers]
    parts = _parts(cases, changes)
    bound = None
    # Of the requests that were waived nobody asked the solver, so it bounds nothing with them in it.
    if len(joint) == len(cases) and isinstance(command.planned, Plan):
        bound = command.planned.bound_under(changes.records.profile)
    elif len(joint) == len(cases) > 1 and seconds > 0:
        bound = least_cost(changes.live, [case.request for case in joint])
    deciding = _Deciding(
        changes,
        seconds / len(parts),
        _planned(command.planned, joint),
        in_time=command.due is not None,
        bound=bound if len(parts) == 1 else None,
    )
    for part in parts:
        changes.let_precede(as_newcomer(part[0].request.priority, changes.now))
        deciding.decide(part)
    quality = deciding.quality(bound)
    plan = _Displacing(command.body.max_moves, quality["cost"], changes)
    if seconds > 0:
        plan.go([changes.desk.cases[case.id] for case in cases])
    decided = [changes.desk.cases[case.id] for case in cases]
    reason = command.planned if isinstance(command.planned, str) else "deadline" if seconds <= 0 else None
    placed = sum(case.allocation is not None for case in decided)
    told = {
        "placed": placed,
        "unplaced": len(decided) - placed,
        **quality,
        "plan": plan.told(len(decided) - placed),
        "degraded": reason is not None,
        "degraded_reason": reason,
        "results": [answer(case, changes, degraded=seconds <= 0) for case in decided],
    }
    return Answer(200, told)


def _planned(planned: Plan | Failure | None, joint: Sequence[Case]) -> _Planned | None:
    """What each case was given by a plan, by request id; None without a plan."""
    if not isinstance(planned, Plan):
        return None
    rows = zip(joint, planned.given, planned.methods, strict=True)
    return {case.id: (given, method) for case, given, method in rows}


def _parts(cases: Sequence[Case], changes: Changes) -> list[list[Case]]:
    """The cases of a batch, most urgent first; parted where somebody who waits precedes the rest (decision 0013)."""
    parts: list[list[Case]] = []
    before = -1
    for priority, of_priority in groupby(sorted(cases, key=_priority), key=_priority):
        waiting = changes.waiting_before(as_newcomer(priority, changes.now))
        if waiting != before:
            parts.append([])
        before = waiting
        parts[-1] += of_priority
    return parts


def _priority(case: Case) -> Priority:
    return case.request.priority


class _Displacing:
    """Bookings taken back for the urgent of a batch that found nothing, within a hard budget of moves; and what more of
    them would have saved. ``cost``: of the batch before."""

    def __init__(self, most: int | None, cost: int, changes: Changes) -> None:
        self._most = changes.practice.repair_moves if most is None else most
        self._changes = changes
        self._moves = 0
        self._cost = cost
        self._further: list[dict[str, int]] = []

    def go(self, cases: Sequence[Case]) -> None:
        """Look for a less urgent booking for each that waits, the most urgent first; it may be one of the batch."""
        now = self._changes.now
        waiting = sorted((c for c in cases if c.allocation is None), key=lambda case: case.precedence(now))
        for place, case in enumerate(waiting):
            if self._moves >= self._most:
                self._beyond(waiting[place:])
                return
            exchange = Displaceable(self._changes).exchange_for(case, None)
            if exchange is not None:
                carry_out(case, exchange, self._changes, compare=False)
                self._moves += 1
                self._cost -= exchange.gain

    def _beyond(self, waiting: Sequence[Case]) -> None:
        """What the next moves would save, on trial."""
        live, cost = self._changes.live, self._cost
        with live.trial():
            for case in waiting:
                exchange = Displaceable(self._changes).exchange_for(case, None)
                if exchange is None:
                    continue
                cost -= exchange.gain
                moves = self._moves + len(self._further) + 1
                self._further.append({"moves": moves, "cost": cost, "saves": exchange.gain})
                if len(self._further) == MOST_FURTHER:
                    return
                live.withdraw(exchange.displaced.request, exchange.displaced.allocation)
                for decision in (exchange.urgent, exchange.again):
                    live.apply(replace(decision, request=replace(decision.request, from_stay_id=None)))

    def told(self, waiting: int) -> dict[str, Any]:
        """The plan as clients see it; ``waiting``: how many of the batch have no place."""
        return {
            "max_moves": self._most,
            "moves": self._moves,
            "waiting": waiting,
            "cost": self._cost,
            "further": self._further,
        }


def _search_seconds(command: PlaceBatch, most: float) -> float:
    """How long a search may take so that the answer comes in time; 0 or less when it is too late already."""
    if command.due is None:
        return most
    left = command.due - time.monotonic()
    storing = STORING_SECONDS_PER_REQUEST * len(command.body.requests)
    return min(most, max(left - storing, LEAST_SEARCH_SHARE * left))


def _opened(command: PlaceBatch, changes: Changes) -> list[Case]:
    return [
        open_case(bundle, ("requests", number), command.access, changes)
        for number, bundle in enumerate(command.body.requests)
    ]


class _Enough(Unobserved):
    """Ends a search when somebody who waits behind it is due: they have the deadline, and it has a plan; and when no
    plan costs less (``bound``)."""

    def __init__(self, pressed: Callable[[], bool], bound: int | None) -> None:
        self._pressed = pressed
        self._bound = bound
        self._proven = False

    def incumbent(self, point: TracePoint) -> None:
        """Another best plan."""
        self._proven = None not in (point.cost, self._bound) and point.cost == self._bound

    def stop_requested(self) -> bool:
        """Whether to stop and keep the best plan."""
        return self._proven or self._pressed()


def slack(requests: Sequence[Request], profile: Profile) -> int:
    """How much more than the bound a plan may cost that is searched no further: less than anybody costs who is left
    without a place. Nothing where all are emergencies: so much would let one of them wait for 20 minutes."""
    if all(request.priority is Priority.EMERGENCY for request in requests):
        return 0
    return max(0, profile.weight(UNPLACED[Priority.ROUTINE]) - 1)


class _Deciding:
    """A batch while it is decided: what became of each case, what all cost, and by which methods. ``in_time``: whether
    the caller set a deadline; ``bound``: no plan for all of it costs less."""

    def __init__(
        self, changes: Changes, seconds: float, plan: _Planned | None, *, in_time: bool, bound: int | None
    ) -> None:
        self._settled: set[str] = set()
        self._plan = plan
        self._held = True
        self._changes = changes
        self._seconds = seconds
        self._in_time = in_time
        self._bound = bound
        self._cost = 0
        self._methods: set[Method] = set()

    def decide(self, cases: Sequence[Case]) -> None:
        """Give each case a place, or let it wait."""
        joint = [case for case in cases if not case.waivers]
        if self._plan is None:
            self._jointly(joint, self._bound)
        else:
            self._follow(self._plan, joint)
        self._one_by_one(cases)

    def _follow(self, plan: _Planned, cases: Sequence[Case]) -> None:
        """Carry out what of a plan still holds.

        If not, what does not hold is decided again jointly with all that is less urgent, so that nobody keeps a bed
        while somebody more urgent lost theirs.
        """
        broken: Priority | None = None
        for case in sorted(cases, key=lambda case: case.precedence(self._changes.now)):
            given, method = plan[case.id]
            if given is None or (broken is not None and case.request.priority > broken):
                continue
            decision = _as_planned(case, given, method, self._changes)
            if decision is not None and decision.verified:
                self._settle(case, decision)
            elif broken is None:
                broken = case.request.priority
        if broken is not None:
            self._held = False
            self._jointly([case for case in cases if case.id not in self._settled])

    def _jointly(self, cases: Sequence[Case], bound: int | None = None) -> None:
        """Decide cases together by search; what was given is settled first, so that reasons name the rest. Those
        that the referee does not confirm are left. ``bound``: no plan for them costs less."""
        seconds = min(self._seconds, SECONDS_PER_REQUEST * len(cases))
        if len(cases) < 2 or seconds <= 0:
            return
        new_id = self._changes.desk.new_id
        requests = [case.request for case in cases]
        budget, further = self._effort(requests, seconds, bound)
        decisions = self._changes.live.decide_batch(
            requests,
            [new_id("alc") for _ in cases],
            budget,
            BATCH_SEED,
            observer=_Enough(self._changes.desk.pressed, bound),
            further=further,
        )
        pairs = sorted(zip(cases, decisions, strict=True), key=lambda pair: pair[1].allocation is None)
        for case, decision in pairs:
            if decision.allocation is None or decision.verified:
                self._settle(case, decision)

    def _effort(
        self, requests: Sequence[Request], seconds: float, bound: int | None
    ) -> tuple[Budget, Further | None]:
        """How long to search: as long as the caller gave; else so many steps, and more of them unless everybody has a
        place who can have one."""
        if self._in_time:
            return Budget(seconds=seconds), None
        quick, thorough = (Budget(seconds, steps * len(requests)) for steps in (QUICK_STEPS, STEPS))
        if bound is None:
            return quick, Further(thorough, None)
        return quick, Further(thorough, bound + slack(requests, self._changes.records.profile))

    def _one_by_one(self, cases: Sequence[Case]) -> None:
        """Decide what is left, most urgent first: those with waivers, because a waiver is one request's and not the
        batch's; those a plan had no place for, because one may have come free."""
        for case in sorted(cases, key=lambda case: case.precedence(self._changes.now)):
            if case.id not in self._settled:
                self._settle(case, decide(case, self._changes, hurried=self._seconds <= 0))

    def quality(self, bound: int | None) -> dict[str, Any]:
        """How the batch was decided, what it costs, and the least it could have cost."""
        cost = self._cost
        # The plan was bounded on the hospital as it was; a cheaper one now is no contradiction, but ends the proof.
        bound = bound if bound is not None and self._held and bound <= cost else None
        return {
            "method": "+".join(sorted(self._methods)),
            "cost": cost,
            "bound": bound,
            "gap": None if bound is None else (cost - bound) / max(1, abs(cost)),
        }

    def _settle(self, case: Case, decision: Decision) -> None:
        settle(case, decision, self._changes, compare=False)
        self._settled.add(case.id)
        self._cost += decision.cost
        self._methods.add(decision.method)


def _as_planned(case: Case, given: Allocation, method: Method, changes: Changes) -> Decision | None:
    """A planned allocation for its case, counted on the hospital as it is now; None if it names what is not there.

    A plan takes a while: what was to start at once starts now.
    """
    records = changes.records
    asked, beside = case.request, given.companion_bed_id
    known = (
        {given.bed_id, given.bed_id if beside is None else beside} <= records.beds.keys()
        and {use.unit_id for use in given.units} <= records.units.keys()
        and {use.lot_id for use in given.lots} <= records.lots.keys()
        and {use.type_id for use in given.units} <= {need.type_id for need in asked.equipment}
        and {use.drug_id for use in given.lots} <= {need.drug_id for need in asked.drugs}
    )
    if not known:
        return None
    try:
        allocation = replace(
            _later(given, max(0, changes.now - given.start)),
            id=changes.desk.new_id("alc"),
            request_id=case.id,
            person_id=asked.person_id,
        )
    except InvalidInstance:
        return None
    return changes.live.judged(asked, allocation, method)


def _later(allocation: Allocation, minutes: Minute) -> Allocation:
    units = tuple(replace(u, start=u.start + minutes, end=u.end + minutes) for u in allocation.units)
    return replace(allocation, start=allocation.start + minutes, end=allocation.end + minutes, units=units)
