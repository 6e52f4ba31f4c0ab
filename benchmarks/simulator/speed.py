"""Events per CPU second beside SimPy and Ciw: `python -m benchmarks.simulator.speed [--rounds 12]`.

The same hospital, in turns, so that all meet the same machine; the mean waits must agree within their intervals, else
the figures mean nothing and the command fails. An event is an arrival or the end of a stay, after the warm-up, in all
of them; CPU time is that of the whole run. SimPy and Ciw are needed by this command alone: put them into a folder of
their own (`pip install --target FOLDER simpy ciw`) and that into PYTHONPATH, since Ciw brings a package called `tests`
that hides the tests of this house.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.record import append
from benchmarks.simulator.hospital import STEPS, Hospital, Measured, events_of, model
from benchmarks.simulator.peers import run_ciw, run_simpy
from simulations.engine.run import Compiled, simulate

YEAR = 8760.0
WARM_UP = 1440.0
GOALS = {"SimPy": 50.0, "Ciw": 150.0}
RESULTS = Path(__file__).parents[1] / "results" / "simulator-speed.jsonl"
Runner = Callable[[int], Measured]


def runners(hospital: Hospital) -> dict[str, Runner]:
    """Each simulator as a function of the number of the round."""
    compiled = Compiled(model(hospital, WARM_UP))

    def engine(number: int) -> Measured:
        began = time.process_time()
        outcome = simulate(compiled, seed=1, replication=number, horizon=WARM_UP + YEAR)
        seconds = time.process_time() - began
        waits = {f"{s}/{k}": outcome.mean_wait(s, str(k)) for s in STEPS for k in hospital.urgencies}
        return Measured(events_of(outcome), seconds, waits)

    return {
        "wardflow": engine,
        "SimPy": lambda number: run_simpy(hospital, WARM_UP + YEAR, WARM_UP, number),
        "Ciw": lambda number: run_ciw(hospital, WARM_UP + YEAR, WARM_UP, number),
    }


def disagreements(found: dict[str, list[Measured]]) -> list[str]:
    """Mean waits of a peer further from the engine's than 4 standard errors of the difference."""
    wrong = []
    for peer in GOALS:
        for name in found["wardflow"][0].waits:
            ours, theirs = (
                np.array([one.waits.get(name, math.nan) for one in found[who]]) for who in ("wardflow", peer)
            )
            gap = float(np.nanmean(ours) - np.nanmean(theirs))
            error = math.hypot(*(float(np.nanstd(x, ddof=1)) / math.sqrt(len(x)) for x in (ours, theirs)))
            if abs(gap) > 4.0 * error:
                wrong.append(f"{peer}, wait for {name}: {gap:+.4g} h, standard error {error:.2g} h")
    return wrong


def main() -> int:
    """Measure, tell, and record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--record", action="store_true", help="append the result to benchmarks/results")
    options = parser.parse_args()
    each = runners(Hospital())
    each["wardflow"](0)  # the kernels are compiled or read outside of the clock
    found: dict[str, list[Measured]] = {name: [] for name in each}
    for number in range(options.rounds):
        for name, run in each.items():
            found[name].append(run(number))
    rates = {n: sum(o.events for o in all_) / sum(o.seconds for o in all_) for n, all_ in found.items()}
    for name, rate in rates.items():
        share = "" if name == "wardflow" else f", {rates['wardflow'] / rate:6.1f} x (goal {GOALS[name]:g} x)"
        print(f"{name:9} {rate:12,.0f} events per CPU second{share}")
    wrong = disagreements(found)
    print("\n".join(wrong) if wrong else "The mean waits agree within their intervals.")
    if options.record and not wrong:
        append(RESULTS, {"case": "hospital-year", "rounds": options.rounds, "events_per_cpu_second": rates})
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
