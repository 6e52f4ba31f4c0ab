"""The way in: build, solve, have the referee recount, and look closer where a relaxed class was overbooked."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from solver.engine.cpsat import Parameters
from solver.engine.errors import EngineError, Problem, refuse_if_any
from solver.engine.result import Observer, Status, TracePoint
from solver.hospital import Allocation, Departure, Request, Stay
from solver.placing import referee
from solver.placing.cpsat import engines
from solver.placing.cpsat.detail import Detail
from solver.placing.cpsat.model import JointModel, Places
from solver.placing.cpsat.plan import JointPlan
from solver.placing.cpsat.scene import Scene, scene_of
from solver.placing.records import Records, consequences
from solver.placing.referee import Decided

Plan = Mapping[str, Allocation | None]

MOST_PLACES = 1_000_000
"""Places of the model at most: 1.3 million made a hundred million terms, which take 3.2 GB to build."""

POLISH_SECONDS = 5.0
"""Time kept for dealing units anew where a plan overbooks a class."""


class TooLarge(EngineError):
    """The joint model would take more memory than it is given; the batch is left to the search."""


def solve_jointly(
    records: Records,
    requests: Sequence[Request],
    *,
    seconds: float,
    workers: int,
    seed: int,
    hint: Plan | None = None,
    published: Mapping[str, str] | None = None,
    gap: float = 1e-5,
    observer: Observer | None = None,
    timer: Callable[[], float] = time.monotonic,
    most_places: int = MOST_PLACES,
) -> JointPlan:
    """The cheapest set of decisions for a batch, as good as ``seconds`` allow, with a bound.

    Every plan is recounted by the referee before it leaves: ``cost`` is the referee's. ``records`` are those
    before any decision and stay as they are. Starts lie on the request's grid (see ``scene.py``).

    Parameters
    ----------
    seconds: wall time, above 0; building the model is not interrupted (a few seconds for 200 requests).
    workers: threads of CP-SAT, 1 or more. seed: 0 or more.
    hint: a plan to start from; kept as the answer if nothing cheaper is found and the referee finds it clean.
    gap: stop once no plan can be cheaper by more than this share of the cost; 0 asks for proof.
    published: bed ids that were published before, by request id.

    Raises
    ------
    InvalidInstance: a request twice, two requests that continue one stay, a person not in the records.
    TooLarge: the batch has more than ``most_places`` places to choose from. EngineError: an engine broke its contract.
    """
    refuse_if_any(_problems(records, requests))
    began = timer()
    judge = _Judge(records, requests, published or {})
    known = judge.judged({})
    offered = judge.judged(hint) if hint else known
    if not offered.broken and offered.cost < known.cost:
        known = offered
    scene = scene_of(records, requests, published or {})
    places = Places.of(scene)
    _refuse_if_too_large(places, len(requests), most_places)
    return _Search(judge, scene, places, Parameters(workers, seed), gap, observer, timer).run(
        known, began, began + seconds
    )


def _refuse_if_too_large(places: Places, requests: int, most: int) -> None:
    count = places.main.size + places.beside.size
    if count > most:
        raise TooLarge(
            f"The joint model of {requests} requests has {count} places to choose from, {most} at most: it would take "
            "about 2.5 KB of memory for each. Decide fewer requests at a time, or let them wait for less long."
        )


def _problems(records: Records, requests: Sequence[Request]) -> list[Problem]:
    found = []
    for request_id, times in Counter(request.id for request in requests).items():
        if times > 1:
            found.append(Problem(f"request {request_id!r}", f"{times} times", "once", "Ask once for each."))
    for stay_id, times in Counter(r.from_stay_id for r in requests if r.from_stay_id is not None).items():
        if times > 1:
            where = f"requests continuing stay {stay_id!r}"
            found.append(Problem(where, times, "one", "Decide about one of them at a time."))
    for request in requests:
        if request.person_id not in records.persons:
            where = f"request {request.id!r}, person_id"
            found.append(
                Problem(where, request.person_id, "a person of the records", "Add the person first.")
            )
    return found


@dataclass(frozen=True, slots=True)
class _Judged:
    """A plan with the referee's word on it."""

    plan: Plan
    cost: int
    broken: tuple[str, ...]


class _Judge:
    """Asks the referee what a plan adds: decision after decision, each on records that hold those before.

    The sum of what each adds is what all add together, so only the sum tells whether a rule is broken.
    """

    def __init__(self, records: Records, requests: Sequence[Request], published: Mapping[str, str]) -> None:
        self._records = records
        self._requests = requests
        self._published = published

    def judged(self, plan: Plan) -> _Judged:
        """The plan, with ``conditional`` set where it rests on a predicted departure."""
        now = self._records
        after = Records.of(now.hospital(), now.now, now.profile, now.options)
        total: Counter[str] = Counter()
        for request in self._requests:
            allocation = plan.get(request.id)
            decided = Decided(request, allocation, self._published.get(request.id))
            for rule_id, amount in referee.check(decided, after).items():
                total[rule_id] += amount
            if allocation is not None:
                _apply(request, allocation, after)
        marked = {r.id: _marked(plan.get(r.id), after) for r in self._requests}
        counts = dict(total)
        return _Judged(marked, referee.cost(counts, now.profile), referee.broken(counts, now.profile))


def _apply(request: Request, allocation: Allocation, records: Records) -> None:
    if any(use.quantity > records.lots[use.lot_id].available for use in allocation.lots):
        # The referee has counted it; a lot refuses to be reserved beyond its stock.
        allocation = replace(allocation, lots=())
    left = records.stays.get(request.from_stay_id or "")
    if left is not None and left.start >= allocation.start:
        records.drop(Stay, left.id)
    elif left is not None and allocation.start < left.end:
        records.put(replace(left, end=allocation.start))
    added = consequences(request, allocation, records)
    for stay in added.stays:
        records.put(stay)
    for booking in added.bookings:
        records.put(booking)
    for lot in added.lots:
        records.put(lot)


def _marked(allocation: Allocation | None, records: Records) -> Allocation | None:
    if allocation is None:
        return None
    before = (stay for stay in records.bed_stays(allocation.bed_id) if stay.end <= allocation.start)
    predicted = any(stay.state.pinned and stay.departure is Departure.PREDICTED for stay in before)
    return replace(allocation, conditional=predicted)


@dataclass(slots=True)
class _Search:
    """One solve: rounds of the model, each with more minutes for the classes that were overbooked."""

    judge: _Judge
    scene: Scene
    places: Places
    parameters: Parameters
    gap: float
    observer: Observer | None
    timer: Callable[[], float]
    false_infeasible: int = 0

    def run(self, known: _Judged, began: float, ends: float) -> JointPlan:
        """Rounds until the plan is proven best, no class is overbooked, or time is up."""
        places = self.places
        overbooked: dict[str, set[int]] = {}
        bound, bound_from = -(1 << 62), "none"
        disagreed: tuple[str, ...] = ()
        trace: list[TracePoint] = []
        built = 0.0
        while True:
            since = self.timer()
            model = JointModel(self.scene, places, Detail(known.plan, overbooked=overbooked))
            built = built or self.timer() - began
            answer = self._answer(model, known.plan, ends - self.timer())
            if answer.bound > bound:
                bound, bound_from = answer.bound, answer.bound_from
            found = self.judge.judged(self._dealt(model, answer, places, ends))
            disagreed = (*disagreed, *found.broken)
            if not found.broken and found.cost < known.cost:
                known = found
            trace.append(TracePoint(self.timer() - began, None, known.cost, bound))
            fresh = _merge(overbooked, model.overbooked)
            proven = known.cost - bound <= self.gap * abs(known.cost)
            if proven or not fresh or self.timer() + (self.timer() - since) / 2 > ends:
                break
        return self._told(
            known, min(bound, known.cost), bound_from, built, model, tuple(disagreed), tuple(trace)
        )

    def _answer(self, model: JointModel, plan: Plan, seconds: float) -> engines.Answer:
        hint = model.written(plan)
        if hint is None or not model.program.is_kept(hint):
            hint = model.written({})
        assert hint is not None
        search = engines.Search(
            model.program,
            model.choices,
            model.places,
            hint,
            self.parameters,
            self.gap,
            self.observer,
            self.timer,
        )
        answer = search.run(max(0.1, seconds))
        self.false_infeasible += answer.false_infeasible
        return answer

    def _dealt(self, model: JointModel, answer: engines.Answer, places: Places, ends: float) -> Plan:
        """The plan; where it overbooks units, the best one for the same places, told in full."""
        plan = model.read(answer.values)
        if not model.overbooked:
            return plan
        chosen = places.of_plan(self.scene, plan)
        full = JointModel(self.scene, chosen, Detail(everything=True))
        seconds = max(POLISH_SECONDS, ends - self.timer())
        return full.read(self._answer(full, {}, min(seconds, POLISH_SECONDS)).values)

    def _told(
        self, known: _Judged, bound: int, bound_from: str, built: float, model: JointModel,
        disagreed: tuple[str, ...], trace: tuple[TracePoint, ...],
    ) -> JointPlan:  # fmt: skip
        status = Status.OPTIMAL if known.cost == bound else Status.FEASIBLE
        size = len(model.program.cost), len(model.program.low)
        return JointPlan(
            known.plan,
            known.cost,
            bound,
            status,
            bound_from,
            built,
            *size,
            disagreed,
            self.false_infeasible,
            trace,
        )


def _merge(overbooked: dict[str, set[int]], found: Mapping[str, set[int]]) -> bool:
    """Add what was found; whether any of it is new."""
    fresh = False
    for unit_id, minutes in found.items():
        before = overbooked.setdefault(unit_id, set())
        fresh = fresh or not minutes <= before
        before |= minutes
    return fresh
