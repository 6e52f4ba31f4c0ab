"""Orders for all items of a pharmacy: a proposal, line by line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context

from solver.engine.errors import EngineError
from solver.engine.result import Budget
from solver.pharmacy.reorder.problem import ReorderProblem, StockItem
from solver.pharmacy.reorder.referee import recount
from solver.pharmacy.reorder.tuning import Choice, choose
from solver.pharmacy.reorder.watch import Outlook, outlook

PIECE = 10
"""Items that a worker takes at a time: some seconds of work."""


@dataclass(frozen=True, slots=True)
class Line:
    """One item: what to order (0: nothing), why, and how it stands."""

    item_id: str
    quantity: int
    choice: Choice
    outlook: Outlook


@dataclass(frozen=True, slots=True)
class OrderPlan:
    """A proposal: a pharmacist accepts each line or does not. ``verified``: the referee found no hard rule broken."""

    lines: tuple[Line, ...]
    seed: int
    verified: bool

    @property
    def untuned(self) -> int:
        """Items for which time did not suffice; they have a rule of thumb."""
        return sum(not (line.choice.tuned or line.choice.by_person) for line in self.lines)


def plan(problem: ReorderProblem, budget: Budget | None = None, seed: int = 0, workers: int = 1) -> OrderPlan:
    """Tune every item and say what to order today.

    The same seed gives the same plan on any number of ``workers`` (processes), unless the budget ends before all items
    are tuned: the rest then gets a rule of thumb. Raises EngineError if a line breaks a hard rule.
    """
    countdown = (budget or Budget(seconds=3600)).start()
    pieces = [problem.items[at : at + PIECE] for at in range(0, len(problem.items), PIECE)]
    lines: list[Line] = []
    for piece, found in zip(pieces, _tuned(pieces, seed, workers), strict=False):
        lines += found
        if countdown.is_over(len(lines)) and len(lines) < len(problem.items):
            break
        assert len(found) == len(piece)
    lines += [_line(item, seed, False) for item in problem.items[len(lines) :]]
    counted = recount(problem, {line.item_id: line.quantity for line in lines})
    if not counted.clean:
        raise EngineError(f"An order breaks hard rules: {dict(counted.counts)}.")
    return OrderPlan(tuple(lines), seed, True)


def _tuned(pieces: Sequence[Sequence[StockItem]], seed: int, workers: int) -> Iterator[list[Line]]:
    work = partial(_piece, seed=seed)
    if workers == 1:
        yield from map(work, pieces)
        return
    pool = ProcessPoolExecutor(workers, mp_context=get_context("spawn"))
    try:
        yield from pool.map(work, pieces)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _piece(items: Sequence[StockItem], seed: int) -> list[Line]:
    return [_line(item, seed, True) for item in items]


def _line(item: StockItem, seed: int, tune: bool) -> Line:
    choice = choose(item, seed, tune)
    return Line(item.id, choice.order, choice, outlook(item, choice.demand.mean))
