"""The peer: Timefold Solver's Python edition on the same requests, the same rules as far as they can be said to it.

No part of wardflow and of none of its locks: `.venv/bin/pip install 'timefold==1.24.0b0'`, and a Java 17 or newer.
What it is told is in ``said.py``, that both count it alike is shown by ``compare.py``. Units and lots are dealt
afterwards by wardflow's own kernels, the most urgent first.

Its time runs from when it has read the batch: turning Python's objects into its own takes it 1 ms a place, which is no
solving. By the wall it stops itself; by processor time it is stopped when the one thread in which it solves has had
so much, what Java's compiler and collector of garbage take in threads of their own not counted.

It begins with the first place that breaks nothing, cheapest first, as ours does. Then it moves a single request to
another place, or takes some out and puts them back where they are cheapest, as ours does; its own choice of moves (a
change, and swaps, which places of one's own rule out) finds next to nothing where every bed is taken.
"""

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

import numpy as np
from timefold.solver import SolverFactory
from timefold.solver.config import (
    Duration,
    EnvironmentMode,
    ScoreDirectorFactoryConfig,
    SolverConfig,
    TerminationConfig,
)

from benchmarks.placing.peer.said import Place, Telling, told
from benchmarks.placing.peer.timefold_rules import Asked, Batch, all_rules
from solver.hospital import Allocation, Request
from solver.placing.live import LiveHospital
from solver.placing.problem import Method, Within

MOVES: Final = """
<solver xmlns="https://timefold.ai/xsd/solver">
  <constructionHeuristic>
    <constructionHeuristicType>FIRST_FIT</constructionHeuristicType>
    <forager><pickEarlyType>FIRST_FEASIBLE_SCORE</pickEarlyType></forager>
  </constructionHeuristic>
  <localSearch>
    <unionMoveSelector>
      <changeMoveSelector><fixedProbabilityWeight>10.0</fixedProbabilityWeight></changeMoveSelector>
      <ruinRecreateMoveSelector>
        <fixedProbabilityWeight>1.0</fixedProbabilityWeight>
        <minimumRuinedCount>2</minimumRuinedCount>
        <maximumRuinedCount>6</maximumRuinedCount>
      </ruinRecreateMoveSelector>
    </unionMoveSelector>
  </localSearch>
</solver>
"""

WARM_SECONDS: Final = 5.0
"""Of solving before the clock counts: its machine compiles what is used often."""


MOST_WALL: Final = 100
"""Wall seconds a second of processor time may take, on a machine that others use."""

LOOK: Final = 0.005
"""Seconds between two looks at what the solving thread has had."""


def place_with_timefold(
    live: LiveHospital, requests: Sequence[Request], seconds: float, seed: int, clock: str = "wall"
) -> tuple[dict[str, Allocation | None], float]:
    """The peer's plan and the seconds it was given by the ``clock``, "wall" or "cpu"; reading the batch and warming up
    are not counted."""
    telling = told(live, requests)
    _solved(telling, WARM_SECONDS, seed, clock)
    solved, took = _solved(telling, seconds, seed, clock)
    return dealt(live, requests, solved), took


def _solved(telling: Telling, seconds: float, seed: int, clock: str) -> tuple[Batch, float]:
    if clock == "wall":
        by_wall: Batch = factory(seconds, seed).build_solver().solve(batch_of(telling))
        return by_wall, seconds
    solver = factory(MOST_WALL * seconds, seed).build_solver()
    with stopped(solver, seconds) as took:
        by_processor: Batch = solver.solve(batch_of(telling))
    return by_processor, took()


@contextmanager
def stopped(solver: Any, seconds: float) -> Iterator[Callable[[], float]]:
    """Whatever this thread solves meanwhile is ended when the thread has had so many seconds of processor time for it;
    what is given tells afterwards how many it had."""
    clock, ended = time.pthread_getcpuclockid(threading.get_ident()), threading.Event()
    had = [0.0]

    def watch() -> None:
        while not solver.is_solving() and not ended.wait(LOOK):
            pass
        began = time.clock_gettime(clock)
        while solver.is_solving() and had[0] < seconds and not ended.wait(LOOK):
            had[0] = time.clock_gettime(clock) - began
        solver.terminate_early()

    watcher = threading.Thread(target=watch, name="stops the peer")
    watcher.start()
    try:
        yield lambda: had[0]
    finally:
        ended.set()
        watcher.join()


def factory(seconds: float, seed: int, mode: EnvironmentMode = EnvironmentMode.NO_ASSERT) -> Any:
    """What makes solvers that stop after so long."""
    return SolverFactory.create(
        SolverConfig(
            xml_source_text=MOVES,
            solution_class=Batch,
            entity_class_list=[Asked],
            environment_mode=mode,
            score_director_factory_config=ScoreDirectorFactoryConfig(constraint_provider_function=all_rules),
            random_seed=seed,
            termination_config=TerminationConfig(spent_limit=Duration(milliseconds=round(1000 * seconds))),
        )
    )


def batch_of(telling: Telling, *, placed: bool = False) -> Batch:
    """The batch as the solver gets it, dearest to leave waiting first; ``placed``: each in the first of its places. Who
    has none is left out: its local search ends at once where an entity has no value to try."""
    asked = [
        Asked(
            one.id, one.price, one.sex, one.isolation, one.protective, one.cohort, one.exposure, one.channels,
            one.points, one.oxygen, one.places, one.places[0] if placed else None,
        )
        for one in sorted(telling.requests, key=lambda one: -one.price) if one.places
    ]  # fmt: skip
    return Batch(telling.series, telling.needs, telling.stocks, asked)


def dealt(live: LiveHospital, requests: Sequence[Request], batch: Batch) -> dict[str, Allocation | None]:
    """The places with units and lots dealt, the most urgent first, as the kernels find them cheapest for the bed and
    the start chosen. Whoever gets none of them there, which the peer could not know, has the cheapest place left."""
    plan: dict[str, Allocation | None] = {}
    places: Mapping[int, Any] = {one.id: one.place for one in batch.asked}
    order = sorted(
        (n for n, place in places.items() if place is not None), key=lambda n: requests[n].priority
    )
    with live.trial():
        for within in (_there, _anywhere):
            for number in order:
                request = requests[number]
                if plan.get(request.id) is not None:
                    continue
                found = live.priced(request, f"allocation-{request.id}", within=within(places[number]))
                decision = live.judged(request, None if found is None else found[0], Method.PERSON)
                if decision.verified:
                    live.apply(decision)
                    plan[request.id] = decision.allocation
    return plan


def _there(place: Place) -> Within:
    return Within(np.array([place.bed], np.int64), place.start, place.start)


def _anywhere(place: Place) -> Within:
    return Within()
