"""Does the peer count as the referee does? `python -m benchmarks.placing.peer.compare --instances short`.

The heuristic's plan is shown to the peer, and the peer's own score, constraint by constraint, stands beside the
referee's count of the same plan. ``--solve SECONDS`` lets the peer solve as well, with every assertion of its own
switched on (``--check``), and compares the plan it finds.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from timefold.solver import SolutionManager
from timefold.solver.config import EnvironmentMode

from benchmarks.placing.engines import Plan, engine, run, warm
from benchmarks.placing.instances import chosen
from benchmarks.placing.peer.counting import term_of
from benchmarks.placing.peer.said import Telling, told
from benchmarks.placing.peer.timefold_peer import batch_of, dealt, factory
from benchmarks.placing.peer.timefold_rules import Batch
from solver.hospital import Request
from solver.placing.live import LiveHospital
from solver.placing.problem import Method


def own_terms(batch: Batch, telling: Telling) -> tuple[dict[str, int], int]:
    """The peer's soft score of a batch by constraint, as costs, and its hard score. It is not told of those who have no
    place at all, so their price is added."""
    analysis = SolutionManager.create(factory(1.0, 1)).analyze(batch)
    found = {c.constraint_name: -c.score.soft_score for c in analysis.constraint_analyses}
    hopeless = sum(one.price for one in telling.requests if not one.places)
    found["not placed"] = found.get("not placed", 0) + hopeless
    return {name: cost for name, cost in found.items() if cost}, analysis.score.hard_score


def referees_terms(live: LiveHospital, requests: Sequence[Request], plan: Plan) -> dict[str, int]:
    """The referee's count of a plan, by the peer's constraints; "not said": what the peer does not know of."""
    found: Counter[str] = Counter()
    with live.trial():
        for request in requests:
            decision = live.judged(request, plan.get(request.id), Method.PERSON)
            live.apply(decision)
            for price in decision.prices:
                found[term_of(price.rule_id)] += price.cost
    return dict(found)


def beside(own: Mapping[str, int], referee: Mapping[str, int]) -> Iterator[str]:
    """A line a term."""
    for term in sorted({*own, *referee}):
        mine, its = own.get(term, 0), referee.get(term, 0)
        yield f"  {term:20} peer {mine:>13} referee {its:>13} {'' if mine == its else f'differs by {mine - its}'}"


def main() -> None:
    """Show both counts for each instance."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--instances", nargs="+", default=["short"])
    parser.add_argument("--solve", type=float, default=0.0, metavar="SECONDS")
    parser.add_argument("--check", action="store_true", help="the peer checks its own scores (slow)")
    asked = parser.parse_args()
    for instance in chosen(asked.instances):
        live, requests = instance.made()
        warm(live, requests)
        plan = run(engine("batch-500ms"), live, requests, 1, "cpu").plan
        placed = {request.id for request in requests if plan.get(request.id) is not None}
        telling = told(live, requests, plan)
        batch = batch_of(telling, placed=True)
        for one in batch.asked:
            if requests[one.id].id not in placed:
                one.place = None
        _show(f"{instance.name}: the heuristic's plan", batch, telling, referees_terms(live, requests, plan))
        if asked.solve:
            telling = told(live, requests)
            solved = _solved(telling, asked.solve, asked.check)
            terms = referees_terms(live, requests, dealt(live, requests, solved))
            _show(f"{instance.name}: the peer's plan", solved, telling, terms)


def _solved(telling: Telling, seconds: float, check: bool) -> Batch:
    mode = EnvironmentMode.FULL_ASSERT if check else EnvironmentMode.NO_ASSERT
    solved: Batch = factory(seconds, 1, mode).build_solver().solve(batch_of(telling))
    return solved


def _show(what: str, batch: Batch, telling: Telling, referee: Mapping[str, int]) -> None:
    own, hard = own_terms(batch, telling)
    print(f"{what}: hard {hard}", flush=True)
    for line in beside(own, referee):
        print(line, flush=True)


if __name__ == "__main__":
    main()
