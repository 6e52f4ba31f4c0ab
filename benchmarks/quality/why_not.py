"""How often the cheapest relaxation is proven, and how soon: `python -m benchmarks.quality.why_not [--size city]`.

Requests of a synthetic day are asked about, each for a bed drawn at random, whoever lies there, and those that found no
place for any bed. Trials and CP-SAT share ``--seconds``; every relaxation is confirmed by kernels and referee before it
is counted. Prints a table of the questions and a summary.
"""

from __future__ import annotations

import argparse
import time

import numpy as np

from benchmarks.cases import SIZES, day_of_requests, live_hospital
from solver.placing.cheapest import Answered, answered
from solver.placing.conceding import Question
from solver.placing.live import LiveHospital
from solver.placing.scope import Scope


def questions_of(live: LiveHospital, size: str, count: int) -> list[Question]:
    """As many questions about beds, and one for every request without a place among them."""
    requests = day_of_requests(live, size)[:count]
    beds = np.random.default_rng(1).choice(live.arrays.bed_ids, len(requests)).tolist()
    unplaced = [Question(request) for request in requests if live.find(request, "a") is None]
    return [Question(r, Scope(bed_id=bed)) for r, bed in zip(requests, beds, strict=True)] + unplaced


def told(question: Question, found: Answered, seconds: float) -> str:
    """One line of the table."""
    relaxation = found.relaxation
    price = "none" if relaxation is None else f"{relaxation.price}"
    kinds = "" if relaxation is None else ", ".join(one.kind.value for one in relaxation.concessions)
    where = question.scope.bed_id or "anywhere"
    sure = "proven" if found.proven else f">= {found.bound}"
    return f"{where:12} {seconds:6.2f} s {price:>9} {sure:14} {found.method.value:7} {kinds}"


def main() -> None:
    """Ask, and tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", choices=SIZES, default="city")
    parser.add_argument("--count", type=int, default=40)
    parser.add_argument("--seconds", type=float, default=4.0)
    options = parser.parse_args()
    live = live_hospital(options.size)
    took, proven, better = [], 0, 0
    for question in questions_of(live, options.size, options.count):
        began = time.monotonic()
        found = answered(question, live, began, options.seconds)
        took.append(time.monotonic() - began)
        proven += found.proven
        better += found.method.value == "cpsat"
        print(told(question, found, took[-1]), flush=True)
    print(
        f"{len(took)} questions: {proven} proven, {better} cheaper by CP-SAT; "
        f"seconds: median {np.median(took):.2f}, 90 % {np.quantile(took, 0.9):.2f}, most {max(took):.2f}"
    )


if __name__ == "__main__":
    main()
