"""The cheapest relaxation, and how sure it is: trials first, then CP-SAT on the elastic model for as long as there is
time. Nothing leaves that the referee has not confirmed on the records as they would be."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from solver.engine.errors import EngineError
from solver.placing.conceding import NO_PRICE, Question
from solver.placing.concessions import Relaxation
from solver.placing.live import LiveHospital
from solver.placing.problem import Method, PlacingProblem
from solver.placing.records import Records
from solver.placing.relax import confirmed, relax

log = logging.getLogger(__name__)

TRIAL_SHARE: Final = 0.4
"""Of the time, at most, for trials; the rest is for the proof."""

LEAST_SECONDS: Final = 0.2
"""Less is not worth building a model."""


@dataclass(frozen=True, slots=True)
class Answered:
    """The cheapest relaxation found, None if there is none; ``method``: what found it.

    No relaxation costs less than ``bound``; ``proven``: nor than this one; of None, that there is none below
    ``elastic.CEILING``. ``unconfirmed``: the model had something cheaper, whose changes cannot be made one after the
    other: two patients who would take each other's places at one minute, or a ward below its floor which somebody
    leaves for whom somebody else would come.
    """

    relaxation: Relaxation | None
    method: Method
    bound: int
    proven: bool
    unconfirmed: bool = False


def cheapest(
    question: Question,
    problem: PlacingProblem,
    seconds: float,
    *,
    workers: int = 1,
    seed: int = 1,
    proof: bool = True,
    timer: Callable[[], float] = time.monotonic,
) -> Answered:
    """The answer for a frozen hospital within about so many seconds (of wall time); ``proof``: ask CP-SAT."""
    began = timer()
    live = LiveHospital.of(problem.hospital, problem.now, problem.profile, problem.options)
    return answered(question, live, began, seconds, workers=workers, seed=seed, proof=proof, timer=timer)


def answered(
    question: Question,
    live: LiveHospital,
    began: float,
    seconds: float,
    *,
    workers: int = 1,
    seed: int = 1,
    proof: bool = True,
    timer: Callable[[], float] = time.monotonic,
) -> Answered:
    """The answer on a live hospital, which stays as it is; ``began``: when the time began to count."""
    trials_end = began + TRIAL_SHARE * seconds
    found = relax(question, live, out_of_time=lambda: timer() >= trials_end)
    best = None if found is None else confirmed(question, found, live)
    if best is not None and best.price == 0:
        return Answered(best, Method.KERNEL, 0, True)
    left = began + seconds - timer()
    if left < LEAST_SECONDS or not proof:
        return Answered(best, Method.KERNEL, 0, False)
    return _proven(question, live.records, live, best, left, workers, seed, timer)


def _proven(
    question: Question,
    records: Records,
    live: LiveHospital,
    best: Relaxation | None,
    seconds: float,
    workers: int,
    seed: int,
    timer: Callable[[], float],
) -> Answered:
    """What CP-SAT adds: something cheaper, or the proof that there is nothing."""
    # Late: a service, whose solver process proves, tries only, and OR-Tools brings pandas with it: 0.4 s, 55 MB.
    from solver.placing.cpsat import elastic

    ceiling = NO_PRICE if best is None else best.price
    try:
        claim = elastic.cheapest(
            question, records, ceiling, seconds=seconds, workers=workers, seed=seed, timer=timer
        )
    except EngineError:
        log.exception("The elastic model failed; what trials found stands")
        return Answered(best, Method.KERNEL, 0, False)
    if claim.relaxation is None:
        proven = claim.bound >= (elastic.CEILING if best is None else best.price)
        return Answered(best, Method.KERNEL, claim.bound, proven)
    better = confirmed(question, claim.relaxation, live)
    if better is None:
        log.warning("The referee did not confirm a relaxation of the elastic model; what trials found stands")
        return Answered(best, Method.KERNEL, claim.bound, False, unconfirmed=True)
    return Answered(better, Method.CPSAT, claim.bound, claim.bound >= better.price)
